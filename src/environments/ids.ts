import type { Environment } from '../core/environment.ts'

/** After as long without an event, the next one begins a new session. */
const SESSION_IDLE = 30 * 60_000

/** How often the time of the last event is shared with other tabs: it costs a read and a write of storage. */
const TOUCH_EVERY = 60_000

/**
 * Ids of events, and those to sample by, in the form that the schemas of the family check. The page view's lives with
 * the page; the session's is shared by tabs until 30 minutes pass in which nothing asks for it, and with the page only
 * while no stream needs it; the device's is made when a stream first asks for it.
 */
export function createIds({
  now,
  memo,
}: Pick<Environment, 'now' | 'memo'>): Pick<Environment, 'eventId' | 'ids' | 'forget'> {
  const tail = newTail()
  const pageviewId = digits(20)
  let last = -1
  let count = 0
  let prefix = ''
  let touched = 0
  let lastSession = ''
  let isKept = false
  let deviceId = ''

  /**
   * UUIDv7 (RFC 9562). Those of one millisecond, and where the clock is set back, grow by a counter behind the time.
   * The random part is drawn once: with the counter it makes each id unique, and drawing is what costs most.
   */
  function eventId(at: number): string {
    count++
    if (at > last || count > 0xfff) {
      last = Math.max(at, last + 1)
      count = 0
      const time = hex(last, 12)
      prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`
    }
    // Joined, not concatenated: V8 writes JSON of ropes by a way twice as long.
    return [prefix, hex(count, 3), tail].join('')
  }

  function session(isNeeded = true): string {
    if (now() - touched > TOUCH_EVERY || (isNeeded && !isKept)) {
      touched = now()
      // `time id`, by whichever tab saw the last event; by this one, where storage is blocked, full or not to be used.
      const kept = memo.read('session/1') ?? ''
      if (kept > lastSession) {
        lastSession = kept
        isKept = true
      }
      const [at, id] = lastSession.split(' ')
      const goesOn = touched - Number(at) < SESSION_IDLE
      lastSession = `${touched} ${goesOn ? id : digits(20)}`
      isKept = isNeeded || (isKept && goesOn)
      if (isKept) memo.write('session/1', lastSession)
    }
    return lastSession.slice(-20)
  }

  return {
    eventId,
    /** Of what follows, nothing can be led back to what was before. */
    forget: () => {
      touched = 0
      lastSession = deviceId = ''
    },
    ids: {
      pageview: () => pageviewId,
      session,
      device: () => {
        if (!deviceId) {
          deviceId = memo.read('device/1') ?? `${digits(8)}-${digits(4)}-4${digits(3)}${newTail()}`
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

/** Of a UUID: the variant, and what is random in all of them. */
function newTail(): string {
  return `-8${digits(3)}-${digits(12)}`
}

/** Random hexadecimal digits. */
function digits(count: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => hex(byte & 15, 1)).join('')
}
