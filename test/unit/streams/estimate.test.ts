import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createClient } from '../../../src/core/client.ts'
import { drawOf, reasonToLeave } from '../../../src/core/sample.ts'
import { readConfig } from '../../../src/core/settings.ts'
import { createEstimator } from '../../../src/streams/estimate.ts'
import { type StoredEvent, samplingOf } from '../../../src/streams/sampling.ts'
import { createTestEnvironment, settled, URLS } from '../../support/environment.ts'
import { createRandom } from '../../support/random.mjs'

const STREAM = 'shop.click'

const configWith = (rate: number, revision: string) => ({
  revision,
  streams: {
    [STREAM]: {
      sample: { unit: 'session', rate },
      producers: { rivulet: { provide_values: ['performer_session_id'] } },
    },
  },
})

const countOf = (events: readonly StoredEvent[]) => {
  const estimator = createEstimator()
  for (const event of events) {
    const { cluster, rate } = samplingOf(event)!
    estimator.add(cluster, rate)
  }
  return estimator.estimate()
}

const hexDigits = (random: () => number, count: number) =>
  Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('')

/** A session's events before and after the change; most sessions have few, and few many. */
const eventsIn = (random: () => number) => Math.floor(random() ** 4 * 12)

describe('a rate that changes in mid-stream', () => {
  test('the weighted total of real clients stays within its interval, and the raw count does not', async () => {
    const random = createRandom(20261127)
    const [before, after] = [configWith(0.1, '1'), configWith(0.5, '2')]
    let submitted = 0
    const stored: StoredEvent[] = []

    for (let session = 0; session < 2500; session++) {
      const visit = createTestEnvironment({ config: before, ids: { session: hexDigits(random, 20) } })
      const client = createClient(URLS, visit.environment)
      await settled()
      const submit = (count: number) => {
        for (let event = 0; event < count; event++) client.submit(STREAM)
        submitted += count
      }
      submit(1 + eventsIn(random))
      visit.serve(after)
      await visit.turn('visible')
      submit(eventsIn(random))
      await client.flush()
      stored.push(...visit.sent().filter(({ meta }) => meta.stream === STREAM))
      visit.crash()
    }

    const { total, low, high } = countOf(stored)
    expect(new Set(stored.map((event) => samplingOf(event)?.rate))).toEqual(new Set([0.1, 0.5]))
    expect(submitted).toBeGreaterThan(low)
    expect(submitted).toBeLessThan(high)
    expect((high - low) / total).toBeLessThan(0.3)
    expect(stored.length).toBeLessThan(low)
    // Nor does one rate make the raw count right.
    for (const rate of [0.1, 0.5]) {
      expect(stored.length / rate < low || stored.length / rate > high).toBe(true)
    }
  })

  test('of 200 such streams, the interval holds the truth in about 95 of 100', () => {
    const random = createRandom(95)
    const base = { intakeUrl: URLS.intakeUrl, resolve: (url: string) => url }
    const configs = [configWith(0.1, '1'), configWith(0.5, '2')].map((config) => readConfig(config, base))
    let held = 0

    for (let stream = 0; stream < 200; stream++) {
      const estimator = createEstimator()
      let submitted = 0
      for (let session = 0; session < 2000; session++) {
        const id = hexDigits(random, 8)
        for (const config of configs) {
          const { rate } = config.of(STREAM).sample!
          const count = eventsIn(random)
          submitted += count
          if (!reasonToLeave(rate, drawOf(id)) && count) estimator.add(id, rate, count)
        }
      }
      const { low, high } = estimator.estimate()
      if (low <= submitted && submitted <= high) held++
    }

    expect(held / 200).toBeGreaterThanOrEqual(0.9)
    expect(held / 200).toBeLessThanOrEqual(0.99)
  })
})

describe('an estimate', () => {
  test('of nothing is nothing', () => {
    expect(createEstimator().estimate()).toEqual({ total: 0, low: 0, high: 0, units: 0 })
  })

  test('of what was seen for certain is exact', () => {
    const estimator = createEstimator()
    estimator.add('a', 1, 3)
    estimator.add('b', 1, 4)

    expect(estimator.estimate()).toEqual({ total: 7, low: 7, high: 7, units: 0 })
  })

  test('at one rate has the variance of a sample of units', () => {
    const estimator = createEstimator()
    estimator.add('a', 0.25, 3)
    estimator.add('b', 0.25)
    estimator.add('b', 0.25)

    const { total, high } = estimator.estimate()

    expect(total).toBe(20)
    expect(high - total).toBeCloseTo(1.959964 * Math.sqrt((0.75 / 0.25 ** 2) * (9 + 4)), 9)
  })

  test('of a unit at two rates has one draw for both', () => {
    const estimator = createEstimator()
    estimator.add('a', 0.1, 3)
    estimator.add('a', 0.5, 2)

    const { total, high } = estimator.estimate()

    expect(total).toBeCloseTo(34)
    const variance = (9 * 0.9) / 0.1 ** 2 + (4 * 0.5) / 0.5 ** 2 + (2 * 3 * 2 * (1 / 0.5 - 1)) / 0.1
    expect(high - total).toBeCloseTo(1.959964 * Math.sqrt(variance), 9)
  })

  test('is wider where the same events are of fewer units', () => {
    const [many, few] = [createEstimator(), createEstimator()]
    for (let event = 0; event < 100; event++) {
      many.add(`${event}`, 0.1)
      few.add(`${event % 5}`, 0.1)
    }

    const width = ({ low, high }: { low: number; high: number }) => high - low

    expect(few.estimate().total).toBeCloseTo(many.estimate().total)
    expect(width(few.estimate())).toBeGreaterThan(2 * width(many.estimate()))
  })

  test('of what belongs to it by chance has the spread of that chance', () => {
    const estimator = createEstimator()
    for (let unit = 0; unit < 100; unit++) estimator.add(`${unit}`, 1, 1, 0.5)

    const { total, low, high, units } = estimator.estimate()

    expect(total).toBeCloseTo(50)
    expect(high - low).toBeCloseTo(2 * 1.959964 * Math.sqrt(100 * 0.25))
    expect(units).toBe(100)
  })

  const seen = fc.record({
    unit: fc.constantFrom('a', 'b', 'c', 'd'),
    rate: fc.constantFrom(0.01, 0.1, 0.5, 0.9, 1),
    amount: fc.integer({ min: 1, max: 50 }),
    chance: fc.constantFrom(1, 0.5, 0.1),
  })

  test('lies within its interval, which begins no lower than what was seen', () => {
    fc.assert(
      fc.property(fc.array(seen), (all) => {
        const estimator = createEstimator()
        for (const { unit, rate, amount, chance } of all) estimator.add(unit, rate, amount, chance)
        const { total, low, high } = estimator.estimate()

        const certain = all.reduce((sum, { amount, chance }) => sum + (chance === 1 ? amount : 0), 0)
        expect(low).toBeLessThanOrEqual(total + 1e-9 * total)
        expect(high).toBeGreaterThanOrEqual(total)
        expect(low).toBeGreaterThanOrEqual(certain)
      }),
    )
  })

  test('does not depend on the order, nor on whether events come one by one', () => {
    fc.assert(
      fc.property(fc.array(seen), (all) => {
        const [forth, back] = [createEstimator(), createEstimator()]
        for (const { unit, rate, amount } of all) forth.add(unit, rate, amount)
        for (const { unit, rate, amount } of [...all].reverse())
          for (let event = 0; event < amount; event++) back.add(unit, rate)

        const [one, other] = [forth.estimate(), back.estimate()]
        expect(other.total).toBeCloseTo(one.total, 4)
        expect(other.low).toBeCloseTo(one.low, 4)
        expect(other.high).toBeCloseTo(one.high, 4)
        expect(other.units).toBe(one.units)
      }),
    )
  })
})

describe('what an event says of how it came into the sample', () => {
  const event = (producer: object, more: object = {}) => ({ meta: { id: 'e', producer }, ...more })

  test('is its rate, and the id of its unit where it carries that', () => {
    const sampled = event({ id: 'i', unit: 'session', rate: 0.1 }, { performer: { session_id: 's' } })

    expect(samplingOf(sampled)).toMatchObject({ rate: 0.1, unit: 'session', cluster: 's', isWhole: true })
  })

  test('is the client instance where it carries no id, which is a part of a session and all of a page view', () => {
    expect(samplingOf(event({ id: 'i', unit: 'session', rate: 0.1 }))).toMatchObject({
      cluster: 'i',
      isWhole: false,
    })
    expect(samplingOf(event({ id: 'i', unit: 'pageview', rate: 0.1 }))).toMatchObject({
      cluster: 'i',
      isWhole: true,
    })
  })

  test('is nothing where the debug switch forced it in', () => {
    expect(samplingOf(event({ id: 'i', rate: 1, debug: true }))).toBeUndefined()
  })

  test.for([undefined, 0, -1, 2, '0.1', null, Number.NaN])('with the rate %s counts as one', (rate) => {
    expect(samplingOf(event({ rate }))).toMatchObject({ rate: 1, isUnsaid: true })
  })

  test('of another producer, or of no shape at all, counts as one', () => {
    for (const odd of [{}, { meta: null }, { meta: [] }, { meta: { producer: 'x' } }])
      expect(samplingOf(odd as StoredEvent)).toMatchObject({ rate: 1, isUnsaid: true })
  })
})
