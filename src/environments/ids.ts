import type { Environment } from '../core/environment.ts'

/** After as long without an event, the next one begins a new session. */
const SESSION_IDLE = 30 * 60_000

/** How often the time of the last event is shared with other tabs: it costs a read and a write of storage. */
const TOUCH_EVERY = 60_000

const POOL = 512

/**
 * Ids of events, and those to sample by, in the form that the schemas of the family check. The page view's lives with
 * the page; the session's is shared by tabs until 30 minutes pass without an event; the device's is made when a
 * stream first asks for it.
 */
export function createIds({
  now,
  memo,
}: Pick<Environment, 'now' | 'memo'>): Pick<Environment, 'eventId' | 'ids'> {
  const pool = new Uint32Array(POOL)
  let drawn = POOL
  let last = 0
  let touched = 0
  let lastSession = ''
  let pageviewId = ''
  let deviceId = ''

  /** 32 bits, drawn in bulk: drawing them for each id is what costs most in a `submit`. */
  function random(): number {
    if (drawn === POOL) {
      crypto.getRandomValues(pool)
      drawn = 0
    }
    return pool[drawn++] as number
  }

  function digits(count: number): string {
    let text = ''
    while (text.length < count) text += hex(random(), 8)
    return text.slice(0, count)
  }

  /** As RFC 9562 writes it: the digits of the version and the variant stand in between. */
  function uuid(head: string, version: number): string {
    const all = `${head.slice(0, 12)}${version}${head.slice(12)}8${digits(15)}`
    return all.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  }

  /** UUIDv7. Those of one millisecond, and where the clock is set back, grow by a counter behind the time. */
  function eventId(at: number): string {
    last = Math.max(last + 1, at * 0x100)
    return uuid(hex(Math.floor(last / 0x100), 12) + hex(last, 2) + digits(1), 7)
  }

  function session(): string {
    if (now() - touched > TOUCH_EVERY) {
      touched = now()
      // `time id`, by whichever tab saw the last event; by this one, where storage is blocked or full.
      const kept = memo.read('session/1') ?? ''
      const [at, id] = (kept > lastSession ? kept : lastSession).split(' ')
      lastSession = `${touched} ${touched - Number(at) < SESSION_IDLE ? id : digits(20)}`
      memo.write('session/1', lastSession)
    }
    return lastSession.slice(-20)
  }

  return {
    eventId,
    ids: {
      pageview: () => {
        pageviewId ||= digits(20)
        return pageviewId
      },
      session,
      device: () => {
        if (!deviceId) {
          deviceId = memo.read('device/1') ?? uuid(digits(15), 4)
          memo.write('device/1', deviceId)
        }
        return deviceId
      },
    },
  }
}

/** The last hexadecimal digits of a number, as many as asked for. */
function hex(number: number, digits: number): string {
  return (number + 16 ** digits).toString(16).slice(-digits)
}
