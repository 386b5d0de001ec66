import type { Environment } from '../core/environment.ts'
import { createIds } from './ids.ts'
import { httpUrl, request } from './http.ts'

/** A longer one would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1

/** A Node process: the queue in memory, no page and no device, a session that ends with 30 minutes of idleness. */
export function nodeEnvironment(): Environment {
  // Nothing survives the process, and what lives as long as it does is kept by whoever made it.
  const memo = { read: () => undefined, write: () => {} }
  const now = () => Date.now()
  const { eventId, ids, forget } = createIds({ now, memo })
  return {
    eventId,
    ids: { ...ids, pageview: () => undefined, device: () => undefined },
    context: {},
    memo,
    forget,
    now,
    random: Math.random,
    resolve: httpUrl,
    after: (ms, callback, { holdProcess } = { holdProcess: false }) => {
      const timer = setTimeout(callback, Math.min(ms, LONGEST_TIMER))
      if (!holdProcess) timer.unref()
      return () => clearTimeout(timer)
    },
    get: createGet(),
    post: (url, body) => request(url, { method: 'POST', body }),
    // Nobody asks: what tells a blocker from a server that is gone is only of use in a page.
    answers: async () => false,
    // The queue is the client's own.
    alone: (_, work) => work(() => true),
    tell: () => {},
    onTold: () => () => {},
    gpc: () => false,
    phase: () => 'visible',
    onPhase: () => () => {},
    warn: (message, cause = '') => console.warn(`rivulet: ${message}`, cause),
  }
}

/** Node's fetch has no cache of its own: what was read last is kept with its ETag. */
function createGet(): Environment['get'] {
  const kept = new Map<string, { etag: string; text: string }>()
  return async (url) => {
    const known = kept.get(url)
    const answer = await request(url, known ? { headers: { 'if-none-match': known.etag } } : {})
    if (known && answer.status === 304) return { ...answer, status: 200, text: known.text }
    const etag = answer.headers?.get('etag')
    if (etag && answer.status === 200) kept.set(url, { etag, text: answer.text })
    return answer
  }
}
