import type { Environment } from '../core/environment.ts'

/** After as long without an event, the next one begins a new session. */
const SESSION_IDLE = 30 * 60_000

/** How often the time of the last event is shared with other tabs: it costs a read and a write of storage. */
const TOUCH_EVERY = 60_000

/**
 * Ids of events, and those to sample by, in the form that the schemas of the family check. The page view's lives with
 * the page; the session's is shared by tabs until 30 minutes pass without an event; the device's is made when a
 * stream first asks for it.
 */
export function createIds({
  now,
  memo,
}: Pick<Environment, 'now' | 'memo'>): Pick<Environment, 'eventId' | 'ids'> {
  let pool = ''
  let last = 0
  let touched = 0
  let lastSession = ''
  let deviceId = ''

  /** Random ones, drawn in bulk: drawing them for each id is what costs most in a `submit`. */
  function digits(count: number): string {
    if (pool.length < count)
      for (const byte of crypto.getRandomValues(new Uint8Array(2048))) pool += hex(byte, 2)
    const drawn = pool.slice(-count)
    pool = pool.slice(0, -count)
    return drawn
  }

  /** As RFC 9562 writes it: the digits of the version and the variant stand in between. */
  function uuid(head: string, version: number): string {
    return `${head.slice(0, 8)}-${head.slice(8, 12)}-${version}${head.slice(12)}-8${digits(3)}-${digits(12)}`
  }

  /** UUIDv7. Those of one millisecond, and where the clock is set back, grow by a counter behind the time. */
  function eventId(at: number): string {
    last = Math.max(last + 1, at * 0x100)
    return uuid(hex(last, 14) + digits(1), 7)
  }

  const pageviewId = digits(20)

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
      pageview: () => pageviewId,
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

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0')
}
