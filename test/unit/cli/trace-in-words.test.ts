import { expect, test } from 'vitest'
import { inWords } from '../../../src/cli/trace-in-words.ts'
import type { TraceNode } from '../../../src/intake/trace/trace.ts'

const node = (id: string, offset_ms: number | null, more: Partial<TraceNode> = {}): TraceNode => ({
  id,
  stream: 's',
  fate: 'stored',
  time: null,
  offset_ms,
  request_id: null,
  asked: false,
  ...more,
})
const edge = (from: string, to: string) => ({ from, to, by: 'cause' as const })
const left_out = { by_depth: 0, by_limit: 0 }

test.for([
  [0, '0 ms'],
  [999, '+999 ms'],
  [-1_000, '-1.0 s'],
  [119_000, '+119.0 s'],
  [120_000, '+2.0 min'],
  [-8 * 3_600_000, '-8.0 h'],
  [3 * 86_400_000, '+3.0 d'],
  [null, ''],
] as const)('%s ms are written as %s', ([ms, words]) => {
  const [line] = inWords({ nodes: [node('a', ms)], edges: [], left_out }).split('\n')

  expect(line?.replace('s  a', '').trim()).toBe(words)
})

test('what the intake has refused and what was never stored are told apart', () => {
  const nodes = [node('a', 0, { fate: 'rejected' }), node('b', null, { fate: 'missing', stream: null })]

  expect(inWords({ nodes, edges: [], left_out })).toMatch(
    /s \(rejected\) +a\n.*\(not stored\) +b\n\nNot stored: 1\./,
  )
})

test.for([
  ['a chain', (n: number) => n - 1],
  ['a fan', () => 0],
] as const)('%s of 150,000 events is written, a line each', ([, parentOf]) => {
  const nodes = Array.from({ length: 150_000 }, (_, n) => node(`e${n}`, n))
  const edges = nodes.slice(1).map(({ id }, n) => edge(`e${parentOf(n + 1)}`, id))

  const text = inWords({ nodes, edges, left_out })

  expect(text.split('\n')).toHaveLength(150_001)
})
