import type { Trace, TraceEdge, TraceNode } from '../intake/trace/trace.ts'
import { aligned } from './aligned.ts'

/** The trace as text: a tree of what followed from what, from the first event down, and what to know when reading it. */
export function inWords({ nodes, edges, left_out }: Trace): string {
  const lines = linesOf(nodes, edges).map(({ node, depth, by, isAgain }) => [
    node.asked ? '>' : '',
    offsetOf(node),
    `${'  '.repeat(Math.min(depth, DEEPEST))}${node.stream ?? '(not stored)'}${node.fate === 'rejected' ? ' (rejected)' : ''}`,
    node.id,
    `${by === undefined ? '' : `by ${WORDS[by]}`}${isAgain ? ', see above' : ''}`,
  ])
  const missing = nodes.filter(({ fate }) => fate === 'missing').length
  const remarks = [
    missing > 0
      ? `Not stored: ${missing}. Others name it as their cause; it was sampled out, dropped or lost, is on its way, or was removed.`
      : '',
    left_out.by_depth > 0
      ? `Left out: ${amount(left_out.by_depth)} that are more steps away; see --depth.`
      : '',
    left_out.by_limit > 0 ? `Left out: ${amount(left_out.by_limit)} beyond the limit; see --limit.` : '',
  ].filter(Boolean)
  return `${[...aligned(lines, 5), ...(remarks.length > 0 ? ['', ...remarks] : [])].join('\n')}\n`
}

/** Further in, lines would be longer than any screen. */
const DEEPEST = 40

const WORDS = { cause: 'cause', request_id: 'request id', root_event: 'root event' }

interface Line {
  readonly node: TraceNode
  readonly depth: number
  /** How it follows from the line that it stands below. */
  readonly by?: TraceEdge['by']
  /** What followed from it stands at its first line. */
  readonly isAgain: boolean
}

/** Each event below what it came from: once with what followed from it, and without that below each further one. */
function linesOf(nodes: readonly TraceNode[], edges: readonly TraceEdge[]): Line[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const order = new Map(nodes.map(({ id }, index) => [id, index]))
  const followers = new Map<string, TraceEdge[]>()
  for (const edge of edges) {
    const others = followers.get(edge.from)
    if (others) others.push(edge)
    else followers.set(edge.from, [edge])
  }
  const following = new Set(edges.map(({ to }) => to))
  const shown = new Set<string>()
  const lines: Line[] = []

  // What follows from itself in a circle begins with its earliest.
  for (const { id } of [...nodes.filter((node) => !following.has(node.id)), ...nodes]) {
    if (shown.has(id)) continue
    const waiting: { id: string; depth: number; by?: TraceEdge['by'] }[] = [{ id, depth: 0 }]
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { id, ...place } = next
      const isAgain = shown.has(id)
      lines.push({ node: byId.get(id)!, ...place, isAgain })
      if (isAgain) continue
      shown.add(id)
      const below = (followers.get(id) ?? []).sort((a, b) => order.get(b.to)! - order.get(a.to)!)
      for (const { to, by } of below) waiting.push({ id: to, depth: place.depth + 1, by })
    }
  }
  return lines
}

/** `+1.25 s`; of what is asked for, `0 ms`. */
function offsetOf({ offset_ms: ms }: TraceNode): string {
  if (ms === null) return ''
  const sign = ms > 0 ? '+' : ms < 0 ? '-' : ''
  const size = Math.abs(ms)
  const unit = UNITS.find(({ from }) => size >= from)!
  const digits = unit.name === 'ms' ? 0 : 1
  return `${sign}${(size / unit.ms).toFixed(digits)} ${unit.name}`
}

const UNITS = [
  { name: 'd', ms: 86_400_000, from: 2 * 86_400_000 },
  { name: 'h', ms: 3_600_000, from: 2 * 3_600_000 },
  { name: 'min', ms: 60_000, from: 2 * 60_000 },
  { name: 's', ms: 1_000, from: 1_000 },
  { name: 'ms', ms: 1, from: 0 },
]

const amount = (count: number): string => count.toLocaleString('en')
