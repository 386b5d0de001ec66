import type { Environment } from '../core/environment.ts'
import type { HeadersFor } from './intake-token.ts'
import { request } from './node-http.ts'
import { pagelessEnvironment } from './pageless.ts'
import { afterInProcess } from './timer.ts'

/** A Node process. Neither its timers nor its requests keep it alive, unless they are told to. */
export function nodeEnvironment(headersFor: HeadersFor = () => ({})): Environment {
  return pagelessEnvironment({
    // Nothing survives the process, and what lives as long as it does is kept by whoever made it.
    memo: { read: () => undefined, write: () => {} },
    after: afterInProcess,
    get: createGet(),
    post: (url, body) => request(url, { body, headers: headersFor(url) }),
  })
}

/** What was read last is kept with its ETag. */
function createGet(): Environment['get'] {
  const kept = new Map<string, { etag: string; text: string }>()
  return async (url) => {
    const known = kept.get(url)
    const answer = await request(url, known ? { headers: { 'if-none-match': known.etag } } : {})
    if (known && answer.status === 304) return { ...answer, status: 200, text: known.text }
    const { etag, status, text } = answer
    if (etag && status === 200) kept.set(url, { etag, text })
    return answer
  }
}
