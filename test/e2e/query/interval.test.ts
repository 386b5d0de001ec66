import { readFile } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { OWN_SCHEMAS } from '../../../src/intake/package-files.ts'
import { openQueries } from '../../../src/intake/query/queries.ts'
import { openSchemaRepository } from '../../../src/schema/repository.ts'
import { createEstimator } from '../../../src/streams/estimate.ts'
import { createRandom } from '../../support/random.mjs'
import { folderOf } from '../../support/folder.ts'

const guide = await readFile(new URL('../../../docs/querying.md', import.meta.url), 'utf8')
const [, RECIPE = ''] = /```sql\n(WITH counted.*?)```/s.exec(guide) ?? []

/** Sessions of 1 to 20 clicks; the rate falls from 0.5 to 0.1 in the middle of all of them. */
function clicksOf(sessions: number) {
  const random = createRandom(7)
  const estimator = createEstimator()
  const lines: string[] = []
  let truth = 0
  for (let session = 0; session < sessions; session += 1) {
    const draw = random()
    const clicks = 1 + Math.floor(20 * random())
    truth += clicks
    for (let click = 0; click < clicks; click += 1) {
      const rate = click < clicks / 2 ? 0.5 : 0.1
      if (draw >= rate) continue
      estimator.add(String(session), rate)
      const meta = {
        id: `${session} ${click}`,
        stream: 'shop.click',
        dt: '2026-11-22T10:00:00.000Z',
        producer: { rate, unit: 'session' },
      }
      lines.push(
        JSON.stringify({ $schema: '/shop/click/1.0.0', meta, performer: { session_id: String(session) } }),
      )
    }
  }
  return { truth, lines, estimate: estimator.estimate() }
}

test("the guide's interval is the estimator's, and holds the truth across a change of the rate; the raw count is far off", async () => {
  const { truth, lines, estimate } = clicksOf(3_000)
  const data = await folderOf({ 'shop.click/2026-11-22.jsonl': `${lines.join('\n')}\n` })
  const queries = openQueries({
    data,
    schemas: openSchemaRepository([OWN_SCHEMAS]),
    configured: () => new Map(),
  })
  onTestFinished(() => queries.close())

  const [[events, low, high]] = (await queries.ask(RECIPE)).rows as [[number, number, number]]
  const [[stored, weighted]] = (await queries.ask('SELECT count(*), sum(weight) FROM events')).rows as [
    [number, number],
  ]

  expect(events).toBe(Math.round(estimate.total))
  expect(weighted).toBeCloseTo(estimate.total)
  expect(Math.abs(low - estimate.low)).toBeLessThan(1)
  expect(Math.abs(high - estimate.high)).toBeLessThan(1)
  expect(low).toBeLessThan(truth)
  expect(high).toBeGreaterThan(truth)
  expect(stored).toBeLessThan(low / 2)
})
