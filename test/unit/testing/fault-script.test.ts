import { expect, test } from 'vitest'
import { createDrivenTime } from '../../../src/testing/driven-time.ts'
import { createFaultScript } from '../../../src/testing/fault-script.ts'
import { unavailable } from '../../../src/testing/testing.ts'

test('a fault for a time lasts from its first request on, however often it is met', async () => {
  const time = createDrivenTime()
  const script = createFaultScript(time)
  const isFaulty = () => script.next()([], { bytes: 0 }).answer !== undefined

  script.fault(unavailable(), { ms: 100 })
  await time.pass(1000)
  const met = [isFaulty()]
  for (const ms of [60, 39, 1]) {
    await time.pass(ms)
    met.push(isFaulty())
  }

  expect(met).toEqual([true, true, true, false])
})
