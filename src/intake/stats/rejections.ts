import type { Quality } from '../console/contract.ts'
import type { PostedEvent } from '../ingest.ts'
import type { Snapshotted } from '../snapshot.ts'

type Group = Quality['rejected'][number]

/** Of other reasons than these, only the number is kept. */
const MOST_GROUPS = 200
/** What a thousandfold wrong event is counted under; the first tell enough. */
const MOST_REASONS = 10
const LONGEST_NAME = 256
const LONGEST_REASON = 300
/** In characters of JSON. */
const LONGEST_EXAMPLE = 4_000

/** Where the rest is counted. */
const OTHER = 'other reasons'

/** Rejected events by stream, schema and reason. Their examples are in no snapshot: no event is in one. */
export interface Rejections extends Snapshotted {
  /** Takes an event of `rivulet.rejected`. An event that is wrong for several reasons counts under each. */
  add(rejection: PostedEvent, at: number): void
  /** Takes one that was counted before the restart, as an example. */
  recall(rejection: PostedEvent): void
  /** The most frequent first. */
  groups(): Group[]
}

export function createRejections(): Rejections {
  const groups = new Map<string, OfReason>()

  return {
    add(rejection, at) {
      for (const names of namesIn(rejection)) {
        const group = groupOf(names)
        group.count += 1
        group.at = Math.max(group.at, at)
        group.example = String(rejection.raw_event)
      }
    },
    recall(rejection) {
      for (const names of namesIn(rejection)) {
        const group = groups.get(JSON.stringify(names)) ?? groups.get(OTHER)
        if (group) group.example = String(rejection.raw_event)
      }
    },
    groups: () =>
      [...groups.values()]
        .sort((a, b) => b.count - a.count || b.at - a.at)
        .map(({ at, example, ...group }) => ({
          ...group,
          last: new Date(at).toISOString(),
          example: exampleIn(example),
        })),
    freeze: () => [[...groups].map(([place, group]) => [place, { ...group, example: '' }] as const)],
    restore(next) {
      for (const [place, group] of next<[string, OfReason][]>()) groups.set(place, group)
    },
  }

  function groupOf(names: Names): OfReason {
    const key = JSON.stringify(names)
    const known = groups.get(key)
    if (known) return known
    const isFull = groups.size >= MOST_GROUPS
    const [place, own] = isFull ? [OTHER, { stream: null, schema: null, reason: OTHER }] : [key, names]
    const group = groups.get(place) ?? { ...own, count: 0, at: 0, example: '' }
    groups.set(place, group)
    return group
  }
}

type Names = Pick<Group, 'stream' | 'schema' | 'reason'>

interface OfReason extends Names {
  count: number
  at: number
  example: string
}

/** Under which names a rejection counts. */
function namesIn({ errored_stream_name, errored_schema_uri, problems, message }: PostedEvent): Names[] {
  const stream = nameIn(errored_stream_name)
  const schema = nameIn(errored_schema_uri)
  const told = Array.isArray(problems) && problems.length > 0 ? problems : [message]
  return [...new Set(told.slice(0, MOST_REASONS).map(reasonIn))].map((reason) => ({ stream, schema, reason }))
}

/**
 * A problem as `problemsInWords` tells it, without the value that was there and without places in lists, so that what
 * is wrong in the same way is counted together.
 */
export function reasonIn(problem: unknown): string {
  return cut(String(problem), LONGEST_REASON + LONGEST_NAME)
    .replace(/ \((?:was|has) .*$/s, '')
    .replace(/\/\d+(?=[/ ])/g, '/*')
    .slice(0, LONGEST_REASON)
}

/** The event, or the beginning of its text where it is long or no JSON. */
function exampleIn(text: string): unknown {
  if (text.length > LONGEST_EXAMPLE) return cut(text, LONGEST_EXAMPLE)
  try {
    return JSON.parse(text)
  } catch {
    return text // someone edited the file
  }
}

function nameIn(value: unknown): string | null {
  return typeof value === 'string' ? cut(value, LONGEST_NAME) : null
}

const cut = (text: string, longest: number) => (text.length > longest ? `${text.slice(0, longest)}…` : text)
