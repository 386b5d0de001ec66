import { expect, test } from 'vitest'
import { LINGER } from '../../../src/core/deliver.ts'
import { type Account, createLedger, LEDGER } from '../../../src/core/ledger.ts'
import { accountsIn, startClient, type Setup, type TestClient } from '../../support/client.ts'
import { createOrigin, START } from '../../support/environment.ts'

const CONFIG = {
  revision: '1',
  streams: {
    click: {},
    view: {},
    out: { sample: { unit: 'session', rate: 0 } },
    off: { producers: { rivulet: { state: 'off' } } },
    [LEDGER]: {},
  },
}
const { [LEDGER]: _, ...OTHERS } = CONFIG.streams
const WITHOUT_LEDGER = { ...CONFIG, streams: OTHERS }
const MINUTE = 60_000
const REPORT_AFTER = 5 * MINUTE

const start = ({ options, environment }: Setup = {}) =>
  startClient({ ...(options ? { options } : {}), environment: { config: CONFIG, ...environment } })

/** What accounts say together, by stream; numbers by instance. */
function sums(accounts: readonly Account[]) {
  const streams: Record<string, { submitted: number; keptOut: Record<string, number>; settled: object }> = {}
  for (const { stream, submitted, kept_out, settled } of accounts.flatMap(({ entries }) => entries)) {
    const sum = streams[stream] ?? { submitted: 0, keptOut: {}, settled: {} }
    streams[stream] = sum
    sum.submitted += submitted
    for (const [reason, count] of Object.entries(kept_out))
      sum.keptOut[reason] = (sum.keptOut[reason] ?? 0) + count
    Object.assign(sum.settled, settled)
  }
  return streams
}
const of = (stream: string, accounts: readonly Account[]) => sums(accounts)[stream]
const reportsIn = ({ sent }: TestClient) => sent().filter(({ meta }) => meta.stream === LEDGER)

test('an account tells what was submitted, what was kept out, and which numbers were settled how', () => {
  const ledger = createLedger({ client: 'me', sdk: 'rivulet/1', newId: () => 'a', onChange: () => {} })
  for (let i = 0; i < 4; i++) ledger.submitted('click')
  for (let i = 0; i < 3; i++) ledger.numbered('click')
  ledger.keptOut('click', 'invalid')
  ledger.settled('click', 'delivered', 'me', 1)
  ledger.settled('click', 'delivered', 'me', 2)
  ledger.settled('click', 'evicted', 'other', 7)
  ledger.trouble('storage')

  expect(ledger.account()).toEqual({
    $schema: '/rivulet/ledger/1.0.0',
    account: 'a',
    version: 12,
    sdk: 'rivulet/1',
    entries: [
      {
        instance: 'me',
        stream: 'click',
        submitted: 4,
        last: 3,
        kept_out: { invalid: 1 },
        settled: { delivered: [1, 2] },
      },
      {
        instance: 'other',
        stream: 'click',
        submitted: 0,
        last: 0,
        kept_out: {},
        settled: { evicted: [7, 7] },
      },
    ],
    troubles: { storage: 1 },
  })
})

test('settled numbers are ranges, in whatever order they come', () => {
  const ledger = createLedger({ client: 'me', sdk: 'rivulet/1', newId: () => 'a', onChange: () => {} })

  for (const seq of [1, 2, 3, 5, 4, 9, 10]) ledger.settled('click', 'delivered', 'me', seq)

  const [{ delivered }] = ledger.account()!.entries.map(({ settled }) => settled) as [
    Record<string, number[]>,
  ]
  const numbers = new Set<number>()
  for (let i = 0; i < delivered!.length; i += 2)
    for (let seq = delivered![i]!; seq <= delivered![i + 1]!; seq++) numbers.add(seq)
  expect(numbers).toEqual(new Set([1, 2, 3, 4, 5, 9, 10]))
})

test('a new account begins with nothing, under an id of its own, and the numbers go on', () => {
  let made = 0
  const ledger = createLedger({
    client: 'me',
    sdk: 'rivulet/1',
    newId: () => `a${++made}`,
    onChange: () => {},
  })
  ledger.submitted('click')
  ledger.numbered('click')

  ledger.begin()
  expect(ledger.account()).toBeUndefined()
  ledger.settled('click', 'delivered', 'me', 1)

  expect(ledger.next('click')).toBe(2)
  expect(ledger.account()).toMatchObject({
    account: 'a2',
    version: 1,
    entries: [{ submitted: 0, last: 1, settled: { delivered: [1, 1] } }],
  })
})

test('what is counted about the ledger itself makes no account due', () => {
  let changes = 0
  const ledger = createLedger({ client: 'me', sdk: 's', newId: () => 'a', onChange: () => changes++ })

  ledger.submitted(LEDGER)
  ledger.numbered(LEDGER)
  ledger.settled(LEDGER, 'delivered', 'me', 1)
  expect(changes).toBe(0)
  ledger.submitted('click')

  expect(changes).toBe(1)
})

test('ledger() says of each stream what onOutcome said, and how many were submitted', async () => {
  const { client, pass, outcomes, answer } = await start()
  answer([{ status: 207, text: JSON.stringify({ invalid: [{}], error: [] }) }])
  for (const stream of ['click', 'click', 'view', 'out', 'off', 'none']) client.submit(stream)
  await pass(10 * LINGER)
  answer(() => ({ status: 503 }))
  client.submit('click')
  await pass(LINGER)

  expect(client.ledger()).toEqual({
    click: { submitted: 3, delivered: 2 },
    view: { submitted: 1, delivered: 1 },
    out: { submitted: 1, 'out-of-sample': 1 },
    off: { submitted: 1, killed: 1 },
    none: { submitted: 1, unconfigured: 1 },
  })
  expect(outcomes).toHaveLength(6)
})

test('what ledger() returns is a copy', async () => {
  const { client } = await start()
  client.submit('click')
  const before = client.ledger() as Record<string, Record<string, number>>

  before.click!.submitted = 9

  expect(client.ledger().click).toEqual({ submitted: 1 })
})

test('a page that lives tells its account five minutes after the first change, once', async () => {
  const page = await start()
  page.client.submit('click')
  await page.pass(4 * MINUTE)
  page.client.submit('view')
  await page.pass(MINUTE - 1)
  expect(reportsIn(page)).toEqual([])
  await page.pass(1 + LINGER)

  expect(reportsIn(page)).toHaveLength(1)
  const [account] = accountsIn(page.posts)
  expect(account).toMatchObject({ $schema: '/rivulet/ledger/1.0.0' })
  expect(sums([account!])).toEqual({
    click: { submitted: 1, keptOut: {}, settled: { delivered: [1, 1] } },
    view: { submitted: 1, keptOut: {}, settled: { delivered: [1, 1] } },
  })
  await page.pass(60 * MINUTE)
  expect(reportsIn(page)).toHaveLength(1)
})

test('the reports of a long visit are different accounts that add up', async () => {
  const page = await start()
  for (let i = 0; i < 20; i++) {
    page.client.submit('click')
    page.client.submit('out')
    await page.pass(MINUTE)
  }
  await page.pass(10 * MINUTE)

  const accounts = accountsIn(page.posts)
  expect(accounts.length).toBeGreaterThan(2)
  expect(accounts.length).toBeLessThan(7)
  expect(accounts.reduce((sum, account) => sum + (of('click', [account])?.submitted ?? 0), 0)).toBe(20)
  expect(of('out', accounts)).toMatchObject({ submitted: 20, keptOut: { 'out-of-sample': 20 } })
  expect(Math.max(...accounts.flatMap(({ entries }) => entries.map(({ last }) => last)))).toBe(20)
})

test('the account of a page that went is told by the next page at once', async () => {
  const first = await start()
  first.client.submit('click')
  first.client.submit('out')
  await first.pass(LINGER)
  first.client.submit('click')
  await first.turn('gone')
  first.crash()

  const second = await start({ environment: { origin: first.origin } })
  await second.pass(LINGER)

  const [account] = accountsIn(second.posts)
  expect(of('click', [account!])).toMatchObject({ submitted: 2, settled: { delivered: [1, 1] } })
  expect(account!.entries.find(({ stream }) => stream === 'click')?.last).toBe(2)
  expect(of('out', [account!])).toMatchObject({ submitted: 1, keptOut: { 'out-of-sample': 1 } })
})

test('the account of a page that crashed is told by another after five minutes, and not before', async () => {
  const first = await start()
  first.client.submit('click')
  await first.pass(2 * LINGER)
  first.crash()

  const second = await start({ environment: { origin: first.origin } })
  for (let i = 0; i < 4; i++) {
    await second.pass(MINUTE)
    second.client.submit('view')
  }
  expect(reportsIn(second)).toEqual([])
  for (let i = 0; i < 2; i++) {
    await second.pass(MINUTE)
    second.client.submit('view')
  }
  await second.pass(2 * LINGER)

  expect(of('click', accountsIn(second.posts))).toMatchObject({
    submitted: 1,
    settled: { delivered: [1, 1] },
  })
})

test('what a page counted until it crashed is told, however early another one has looked at its account', async () => {
  const first = await start()
  first.client.submit('click')
  await first.pass(2 * LINGER)
  const second = await start({ environment: { origin: first.origin } })
  await second.pass(2 * LINGER)

  for (let i = 0; i < 4; i++) {
    first.client.submit('click')
    await first.pass(MINUTE)
  }
  first.crash()
  for (let i = 0; i < 10; i++) {
    await second.pass(MINUTE)
    second.client.submit('view')
  }

  expect(of('click', accountsIn(second.posts))).toMatchObject({
    submitted: 5,
    settled: { delivered: [1, 5] },
  })
})

test('the account of a page that lives is told by no other', async () => {
  const first = await start()
  const second = await start({ environment: { origin: first.origin } })
  for (let i = 0; i < 20; i++) {
    first.client.submit('click')
    await second.pass(MINUTE / 2)
    second.client.submit('view')
    await second.pass(MINUTE / 2)
  }

  expect(of('click', accountsIn(second.posts))?.submitted ?? 0).toBe(0)
})

test('close tells its own account and those of all others', async () => {
  const first = await start()
  first.client.submit('click')
  await first.pass(2 * LINGER)
  first.crash()
  const second = await start({ environment: { origin: first.origin } })
  second.client.submit('view')

  const closing = second.client.close()
  await second.pass(2000)
  await closing

  const accounts = accountsIn(second.posts)
  expect(of('click', accounts)).toMatchObject({ submitted: 1, settled: { delivered: [1, 1] } })
  expect(of('view', accounts)).toMatchObject({ submitted: 1 })
})

test('close tells of nothing twice, and makes no report about its report', async () => {
  const page = await start()
  page.client.submit('click')
  await page.pass(LINGER)

  const closing = page.client.close()
  await page.pass(60 * MINUTE)
  await closing

  expect(reportsIn(page)).toHaveLength(1)
})

test('visits in which nothing is submitted tell no account but that of a visit before them', async () => {
  const first = await start()
  first.client.submit('click')
  await first.pass(2 * LINGER)
  await first.turn('gone')
  first.crash()

  const reports: number[] = []
  for (let visit = 0; visit < 4; visit++) {
    const page = await start({ environment: { origin: first.origin } })
    await page.pass(20 * MINUTE)
    await page.turn('gone')
    page.crash()
    reports.push(reportsIn(page).length)
  }

  expect(reports).toEqual([1, 0, 0, 0])
})

test.for([
  ['is not configured', WITHOUT_LEDGER],
  ['is out of sample', { streams: { ...OTHERS, [LEDGER]: { sample: { unit: 'session', rate: 0 } } } }],
  ['is switched off', { streams: { ...OTHERS, [LEDGER]: { producers: { rivulet: { state: 'off' } } } } }],
] as const)('where the ledger %s nothing of it is sent, and nothing piles up', async ([, config]) => {
  const origin = createOrigin()
  for (let visit = 0; visit < 5; visit++) {
    const page = await start({ environment: { origin, config } })
    for (let i = 0; i < 10; i++) {
      page.client.submit('click')
      page.client.submit('out')
      await page.pass(2 * MINUTE)
    }
    await page.turn('gone')
    page.crash()
    expect(reportsIn(page)).toEqual([])
  }
  const last = await start({ environment: { origin, config } })
  await last.pass(20 * MINUTE)

  expect(origin.records.events()).toEqual([])
  expect(origin.records.stored.size).toBeLessThanOrEqual(1)
})

test('an account in the store is never ahead of the events in it, nor behind, at whichever moment the page crashes', async () => {
  const page = await start({ environment: { answers: ({ at }) => ({ status: at % 3 ? 201 : 503 }) } })
  /** What is numbered and neither settled nor stored, and the other way round. */
  const disagreements: unknown[] = []
  const check = () => {
    const events = page.origin.records.events()
    for (const { entries } of page.origin.records.accounts()) {
      for (const { instance, stream, last, settled } of entries) {
        if (stream === LEDGER) continue
        const open = new Set(Array.from({ length: last }, (_, i) => i + 1))
        for (const ranges of Object.values(settled))
          for (let i = 0; i < ranges.length; i += 2)
            for (let seq = ranges[i]!; seq <= ranges[i + 1]!; seq++) open.delete(seq)
        const stored = events
          .filter((event) => event.client === instance && event.stream === stream && event.url)
          .map(({ seq }) => seq)
        if (String([...open]) !== String(stored)) disagreements.push({ stream, open: [...open], stored })
      }
    }
  }

  for (let i = 0; i < 60; i++) {
    page.client.submit(['click', 'view', 'out'][i % 3]!)
    for (let step = 0; step < 10; step++) {
      check()
      await page.pass(7 * step)
    }
  }

  expect(page.origin.records.accounts()).toHaveLength(1)
  expect(disagreements).toEqual([])
})

test('what went wrong beside events is counted in the account', async () => {
  const page = await start({ environment: { answers: () => ({ status: 0 }), reachable: true } })
  page.origin.records.stored.set('0', 'no record' as never)
  page.client.submit('click')
  await page.pass(MINUTE)
  page.answer([])
  await page.pass(10 * MINUTE)

  expect(accountsIn(page.posts)[0]?.troubles).toEqual({ unreadable: 1, blocked: 1 })
  expect(page.origin.clock.now()).toBeGreaterThan(START + REPORT_AFTER)
})
