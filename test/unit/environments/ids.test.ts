import { validate, version } from 'uuid'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createIds } from '../../../src/environments/ids.ts'
import { createClock, START } from '../../support/environment.ts'

const MINUTE = 60_000
const TWENTY_DIGITS = /^[0-9a-f]{20}$/

const blocked = { read: () => null, write: () => undefined }

/** Storage that pages share. */
function createMemo(stored = new Map<string, string>()) {
  return {
    stored,
    memo: {
      read: (key: string) => stored.get(key),
      write: (key: string, text: string) => void stored.set(key, text),
    },
  }
}

function createPage(
  memo = createMemo().memo as Parameters<typeof createIds>[0]['memo'],
  clock = createClock(),
) {
  return { clock, ...createIds({ now: clock.now, memo }) }
}

const timeOf = (uuid: string) => Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16)

test('an event id is a UUIDv7 that begins with the time of the event', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 47 }), (at) => {
      const id = createPage().eventId(at)

      expect(validate(id)).toBe(true)
      expect(version(id)).toBe(7)
      expect(timeOf(id)).toBe(at)
    }),
  )
})

test('event ids grow, within a millisecond and wherever the clock is set', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -2 * 3_600_000, max: 2 * 3_600_000 }), { minLength: 2, maxLength: 50 }),
      (offsets) => {
        const { eventId } = createPage()

        const ids = offsets.flatMap((offset) => [eventId(START + offset), eventId(START + offset)])

        expect(ids.every(validate)).toBe(true)
        expect(ids).toEqual([...new Set(ids)].sort())
      },
    ),
  )
})

test('ten thousand events of one millisecond have ten thousand ids that grow', () => {
  const { eventId } = createPage()

  const ids = Array.from({ length: 10_000 }, () => eventId(START))

  expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true)
  expect(ids).toEqual([...new Set(ids)].sort())
})

test('two pages that begin in the same millisecond have different ids', () => {
  const ids = Array.from({ length: 1000 }, () => createPage().eventId(START))

  expect(new Set(ids).size).toBe(1000)
})

test('the id of a page view has the form that schemas check, stays on the page and is new on the next', () => {
  const memo = createMemo().memo
  const [page, next] = [createPage(memo), createPage(memo)]

  const id = page.ids.pageview()

  expect(id).toMatch(TWENTY_DIGITS)
  expect(page.ids.pageview()).toBe(id)
  expect(next.ids.pageview()).not.toBe(id)
})

test('the id of the device is a UUIDv4 that stays', () => {
  const memo = createMemo().memo

  const id = createPage(memo).ids.device()

  expect(validate(id)).toBe(true)
  expect(version(id ?? '')).toBe(4)
  expect(createPage(memo).ids.device()).toBe(id)
})

test('nothing is stored before an id is asked for', () => {
  const { memo, stored } = createMemo()
  const { ids, eventId } = createPage(memo)

  eventId(START)
  ids.pageview()

  expect([...stored.keys()]).toEqual([])
})

test('a session is shared by the tabs of an origin', () => {
  const memo = createMemo().memo
  const [here, there] = [createPage(memo), createPage(memo)]

  expect(here.ids.session()).toMatch(TWENTY_DIGITS)
  expect(there.ids.session()).toBe(here.ids.session())
})

test('a session that nothing needs lasts as long as the page, and is kept from when something does', async () => {
  const { memo, stored } = createMemo()
  const { ids, clock } = createPage(memo)

  const id = ids.session(false)
  await clock.pass(20 * MINUTE)
  expect(ids.session(false)).toBe(id)
  expect([...stored]).toEqual([])

  expect(ids.session()).toBe(id)
  expect([...stored.keys()]).toEqual(['session/1'])
  expect(createPage(memo, clock).ids.session(false)).toBe(id)
})

test('a page that needs no session keeps the one alive that another has begun', async () => {
  const memo = createMemo().memo
  const clock = createClock()
  const id = createPage(memo, clock).ids.session()

  for (let i = 0; i < 4; i++) {
    await clock.pass(20 * MINUTE)
    createPage(memo, clock).ids.session(false)
  }

  expect(createPage(memo, clock).ids.session()).toBe(id)
})

test('what is forgotten is not taken up again, nor followed by another before something needs one', () => {
  const { memo, stored } = createMemo()
  const { ids, forget } = createPage(memo)
  const before = ids.session()

  stored.clear()
  forget()

  expect(ids.session(false)).not.toBe(before)
  expect([...stored]).toEqual([])
})

test('a session lasts as long as events come, and ends with 30 minutes of idleness', async () => {
  const { ids, clock } = createPage()
  const id = ids.session()

  for (let i = 0; i < 10; i++) {
    await clock.pass(28 * MINUTE)
    expect(ids.session()).toBe(id)
  }
  await clock.pass(30 * MINUTE)

  expect(ids.session()).not.toBe(id)
  expect(ids.session()).toMatch(TWENTY_DIGITS)
})

test('an event in one tab keeps the session of another alive, and a new one is soon known to all', async () => {
  const memo = createMemo().memo
  const clock = createClock()
  const [here, there] = [createPage(memo, clock), createPage(memo, clock)]
  const id = here.ids.session()
  there.ids.session()

  await clock.pass(20 * MINUTE)
  there.ids.session()
  await clock.pass(20 * MINUTE)
  expect(here.ids.session()).toBe(id)

  await clock.pass(40 * MINUTE)
  const next = there.ids.session()
  await clock.pass(2 * MINUTE)
  expect(next).not.toBe(id)
  expect(here.ids.session()).toBe(next)
})

test('a clock that is set back ends no session', async () => {
  const { ids, clock } = createPage()
  const id = ids.session()

  clock.set(START - 24 * 60 * MINUTE)

  expect(ids.session()).toBe(id)
})

test('where storage is blocked the ids last as long as the page', async () => {
  const { ids, clock } = createPage(blocked)
  const [session, device] = [ids.session(), ids.device()]

  await clock.pass(20 * MINUTE)
  expect(ids.session()).toBe(session)
  await clock.pass(20 * MINUTE)

  expect(ids.session()).toBe(session)
  expect(ids.device()).toBe(device)
})

test('where storage is full, an old session in it does not end the new one at every turn', async () => {
  const { memo, stored } = createMemo()
  const clock = createClock()
  const old = createPage(memo, clock).ids.session()
  await clock.pass(24 * 60 * MINUTE)
  const { ids } = createPage({ read: (key) => stored.get(key), write: () => undefined }, clock)

  const id = ids.session()
  await clock.pass(5 * MINUTE)

  expect(id).not.toBe(old)
  expect(ids.session()).toBe(id)
})

test.for(['', ' ', 'garbage', 'null', '[]'])('a stored session that reads %o is replaced', (text) => {
  const { memo } = createMemo(new Map([['session/1', text]]))

  expect(createPage(memo).ids.session()).toMatch(TWENTY_DIGITS)
})

test('storage is not touched at each event', () => {
  const { memo } = createMemo()
  let touched = 0
  const { ids } = createPage({
    read: (key) => {
      touched++
      return memo.read(key)
    },
    write: (key, text) => {
      touched++
      memo.write(key, text)
    },
  })

  for (let i = 0; i < 100; i++) {
    ids.session()
    ids.device()
  }

  expect(touched).toBe(4)
})
