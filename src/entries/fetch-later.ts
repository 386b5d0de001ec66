import type { Net } from '../core/options.ts'

export type { Net } from '../core/options.ts'

type FetchLater = (url: string, init: RequestInit) => unknown

/**
 * A net for `createClient({ net })`, made of `fetchLater` (Chrome 135; elsewhere it does nothing): where a page dies
 * without a word and the visitor does not come back, the browser still sends the head of its queue. Only for an intake
 * that keeps one event of each id, since what it sends, a later page sends again.
 */
export function createFetchLaterNet(): Net {
  const scheduled = new Map<string, AbortController>()

  return (url, body) => {
    const { fetchLater } = globalThis as { fetchLater?: FetchLater }
    scheduled.get(url)?.abort()
    scheduled.delete(url)
    if (!fetchLater || body === '[]') return
    const controller = new AbortController()
    try {
      fetchLater(url, { method: 'POST', body, credentials: 'omit', signal: controller.signal })
      scheduled.set(url, controller)
    } catch {
      // Its quota is used up, by others of this page: the events are in the queue all the same.
    }
  }
}
