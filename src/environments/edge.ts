import type { Environment } from '../core/environment.ts'
import { request } from './http.ts'
import type { HeadersFor } from './intake-token.ts'
import { pagelessEnvironment } from './pageless.ts'
import { after } from './timer.ts'

/** In ms: for as long, what was read from a URL answers the next client of the same isolate, too. */
const FRESH_FOR = 60_000

/** Of the isolate, which answers many requests: what is in it is no visitor's. */
const memory = new Map<string, string>()
const read = new Map<string, { readonly at: number; readonly text: string }>()

/** A function at the edge. Nothing begins before a client is made, which runtimes allow within a request only. */
export function edgeEnvironment(headersFor: HeadersFor = () => ({})): Environment {
  return pagelessEnvironment({
    memo: { read: (key) => memory.get(key), write: (key, text) => void memory.set(key, text) },
    after,
    get: async (url) => {
      const known = read.get(url)
      if (known && Date.now() - known.at < FRESH_FOR) return { status: 200, text: known.text, foreign: false }
      const answer = await request(url, {})
      if (answer.status === 200) read.set(url, { at: Date.now(), text: answer.text })
      return answer
    },
    // What is posted goes nowhere else.
    post: (url, body) => request(url, { method: 'POST', body, headers: headersFor(url), redirect: 'manual' }),
  })
}
