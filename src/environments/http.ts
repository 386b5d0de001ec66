import type { Answer } from '../core/environment.ts'

/** As long may a server take to answer. */
const ANSWER_WITHIN = 30_000

export const NO_ANSWER: Answer = { status: 0, text: '', foreign: false }

/** Asks without credentials, and reads the answer whole. Rejects where none comes. A string body goes as `text/plain`. */
export async function request(
  url: string,
  options: RequestInit,
): Promise<Answer & { readonly headers: Headers }> {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), ANSWER_WITHIN)
  try {
    const response = await fetch(url, { credentials: 'omit', signal: abort.signal, ...options })
    const { status, headers } = response
    return {
      status,
      headers,
      text: await response.text(),
      foreign: response.redirected || /html/.test(headers.get('content-type') ?? ''),
      retryAfter: headers.get('retry-after'),
    }
  } finally {
    clearTimeout(timer)
  }
}

/** The URL in full; undefined where it is none, or not http. */
export function httpUrl(url: string, base?: string): string | undefined {
  try {
    const { href } = new URL(url, base)
    return /^http/.test(href) ? href : undefined
  } catch {
    return undefined // no URL: that is the answer
  }
}
