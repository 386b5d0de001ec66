import { expect, test } from 'vitest'
import type { Explanation } from '../../../src/core/client.ts'
import type { Inside } from '../../../src/core/debug.ts'
import type { QueuedEvent } from '../../../src/core/queue.ts'
import { createRecords, type Records } from '../../../src/debug/records.ts'

interface TestInside extends Inside {
  held: QueuedEvent[]
  explanation: Partial<Explanation>
}

function createInside(): TestInside {
  const inside = {
    client: 'c',
    options: { intakeUrl: '/v1/events' },
    explanation: {} as Partial<Explanation>,
    held: [] as QueuedEvent[],
    explain: () => inside.explanation as Explanation,
    queued: () => inside.held,
    ledger: () => ({}),
    routes: new Map(),
    configSince: () => 0,
  }
  return inside
}

function submit(records: Records, inside: Inside, id: string, stream = 'click'): void {
  records.note({ inside, at: 0, seen: { id, stream, at: 0, data: {} }, text: '{}' })
}

function conclude(records: Records, inside: Inside, id: string, explanation?: Explanation): void {
  const seen = { kind: 'delivered', stream: 'click', id } as const
  records.note({ inside, at: 5, seen, ...(explanation && { explanation }) })
}

const queued = (id: string, url: string) => ({ id, url, json: `{"id":"${id}"}` }) as QueuedEvent

test('the newest submits are kept, as many as are wanted', () => {
  const records = createRecords(10)
  const inside = createInside()

  for (let i = 0; i < 99; i++) submit(records, inside, String(i))

  expect(records.seen().map(({ id }) => id)).toEqual([
    '98',
    '97',
    '96',
    '95',
    '94',
    '93',
    '92',
    '91',
    '90',
    '89',
  ])
})

test('an outcome is that of the oldest submit of its id and client which has none', () => {
  const records = createRecords()
  const [one, other] = [createInside(), createInside()]
  submit(records, other, 'a')
  submit(records, one, 'a')
  submit(records, one, 'a')

  conclude(records, one, 'a')

  expect(records.seen().map(({ outcome }) => outcome?.kind)).toEqual([undefined, 'delivered', undefined])
})

test('what was queued keeps what it was sent as, and what decided on it, when the config changes later', () => {
  const records = createRecords()
  const inside = createInside()
  submit(records, inside, 'a')
  inside.held = [queued('a', '')]
  records.look()
  expect(records.seen()[0]).toMatchObject({ queued: { url: '' } })
  expect(records.seen()[0]).not.toHaveProperty('sent')

  inside.explanation = { config: { revision: '1' } as never }
  inside.held = [queued('a', 'https://intake.example')]
  records.look()
  inside.explanation = { config: { revision: '2', held: true } as never }
  records.look()
  expect(records.seen()[0]).toMatchObject({ held: true, explanation: { config: { revision: '1' } } })
  conclude(records, inside, 'a', inside.explanation as Explanation)

  const [record] = records.seen()
  expect(record).toMatchObject({ sent: '{"id":"a"}', endedAt: 5, explanation: { config: { revision: '1' } } })
  expect(record?.queued).toBeUndefined()
})

test('a client is known from the start, and its own accounts are no submits', () => {
  const records = createRecords()
  const inside = createInside()

  records.note({ inside, at: 0 })
  submit(records, inside, 'a', 'rivulet.ledger')

  expect(records.insides).toEqual([inside])
  expect(records.seen()).toEqual([])
})
