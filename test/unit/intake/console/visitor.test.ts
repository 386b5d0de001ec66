import { describe, expect, test } from 'vitest'
import type { LiveRecord } from '../../../../src/intake/console/live/records.ts'
import { idsOf, isDebug, timeOf, visitOf } from '../../../../src/intake/console/live/visitor.ts'

interface Sent {
  readonly session?: string
  readonly pageview?: string
  readonly client?: string
  readonly second?: number
}

let order = 0
function record({ session, pageview, client, second = 0 }: Sent): LiveRecord {
  order += 1
  const event = {
    dt: new Date(Date.UTC(2026, 10, 27, 10, 0, second)).toISOString(),
    meta: { producer: { id: client } },
    performer: { session_id: session, pageview_id: pageview },
  }
  return { stream: 'web.click', receivedAt: '2026-11-27T11:00:00.000Z', event, order }
}

const visit = (records: readonly LiveRecord[], id: string) => visitOf(records, id).map(({ order }) => order)
const orders = (...records: readonly LiveRecord[]) => records.map(({ order }) => order)

describe('a visit', () => {
  test('is the events of one session by dt, whatever the order of arrival', () => {
    const late = record({ session: 's1', second: 9 })
    const early = record({ session: 's1', second: 1 })
    const other = record({ session: 's2', second: 5 })

    expect(visit([late, early, other], 's1')).toEqual(orders(early, late))
  })

  test('has the events that name only a page view or client of the session', () => {
    const both = record({ session: 's1', pageview: 'p1', client: 'c1', second: 1 })
    const ofPageview = record({ pageview: 'p1', second: 2 })
    const ofClient = record({ client: 'c1', second: 3 })

    for (const id of ['s1', 'p1', 'c1'])
      expect(visit([ofClient, ofPageview, both], id)).toEqual(orders(both, ofPageview, ofClient))
  })

  test('is a page view where no session is known, and a client where neither is', () => {
    const ofPageview = record({ pageview: 'p1' })
    const ofClient = record({ client: 'c1' })

    expect(visit([ofPageview, ofClient], 'p1')).toEqual(orders(ofPageview))
    expect(visit([ofPageview, ofClient], 'c1')).toEqual(orders(ofClient))
  })

  test('does not take in all sessions of a server, though they share its client', () => {
    const first = record({ session: 's1', client: 'server', second: 1 })
    const second = record({ session: 's2', client: 'server', second: 2 })
    const nobodys = record({ client: 'server', second: 3 })

    expect(visit([first, second, nobodys], 's1')).toEqual(orders(first))
    expect(visit([first, second, nobodys], 'server')).toEqual(orders(first, second, nobodys))
  })

  test('keeps events of one time in their order of arrival', () => {
    const [first, second] = [record({ session: 's1' }), record({ session: 's1' })]

    expect(visit([second, first], 's1')).toEqual(orders(first, second))
  })
})

const ODD = [undefined, null, 1, 'text', [], {}, { meta: 'x', performer: 3 }, { meta: { producer: null } }]

test.each(ODD)('an event that is %j is of nobody, at the time of its receipt', (event) => {
  const received = { stream: '', receivedAt: '2026-11-27T11:00:00.000Z', event, order: 1 }

  expect(idsOf(event)).toEqual([])
  expect(isDebug(event)).toBe(false)
  expect(timeOf(received)).toBe(Date.parse(received.receivedAt))
})

test('an event happened at its client_dt, where its dt is the time of receipt', () => {
  const [dt, client_dt] = ['2026-11-27T10:00:09.000Z', '2026-11-27T10:00:01.000Z']
  const received = { stream: '', receivedAt: dt, event: { dt, client_dt }, order: 1 }

  expect(timeOf(received)).toBe(Date.parse(client_dt))
  expect(timeOf({ ...received, event: { dt } })).toBe(Date.parse(dt))
})

test('an event is found by its session first, and debug is only what says true', () => {
  const meta = { producer: { id: 'c1', debug: true } }

  expect(idsOf({ meta, performer: { session_id: 's1', pageview_id: 'p1' } })).toEqual(['s1', 'p1', 'c1'])
  expect(isDebug({ meta })).toBe(true)
  expect(isDebug({ meta: { producer: { debug: 'true' } } })).toBe(false)
})
