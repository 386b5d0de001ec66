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
  const tail = `8${digits(3)}-${digits(12)}`
  let last = 0
  let touched = 0
  let lastSession = ''
  let pageviewId = ''
  let deviceId = ''

  /**
   * UUIDv7 (RFC 9562). Those of one millisecond, and where the clock is set back, grow by a counter behind the time.
   * The random part is drawn once: that and the counter make an id unique, and drawing for each one costs most.
   */
  function eventId(at: number): string {
    last = Math.max(last + 1, at * 0x100)
    const time = last.toString(16).padStart(14, '0')
    return `${time.slice(0, 8)}-${time.slice(8, 12)}-7${time.slice(12)}0-${tail}`
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
          deviceId =
            memo.read('device/1') ?? `${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}`
          memo.write('device/1', deviceId)
        }
        return deviceId
      },
    },
  }
}

/** Random hexadecimal digits. */
function digits(count: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(count))
  return Array.from(bytes, (byte) => (byte % 16).toString(16)).join('')
}
