import type { Answer } from '../core/environment.ts'
import { attempt } from '../core/fields.ts'

/** As long may a server take to answer. */
const ANSWER_WITHIN = 30_000

/**
 * Asks without credentials, and reads the answer whole; status 0 and the cause as text where none comes. A string
 * body goes as `text/plain`.
 */
export async function request(
  url: string | URL,
  options: RequestInit,
): Promise<Answer & { readonly headers?: Headers }> {
  // Where this is not known (Chromium before 103, Firefox before 100, Safari before 16), the browser's own limit holds.
  const signal = AbortSignal.timeout?.(ANSWER_WITHIN)
  try {
    const response = await fetch(url, { credentials: 'omit', signal, ...options })
    const { status, headers } = response
    return {
      status,
      headers,
      text: await response.text(),
      foreign: response.redirected || /html/.test(headers.get('content-type') ?? ''),
      retryAfter: headers.get('retry-after'),
    }
  } catch (cause) {
    return { status: 0, text: String(cause), foreign: false }
  }
}

/** The URL in full; undefined where it is none, or not http. */
export function httpUrl(url: string, base?: string): string | undefined {
  const href = attempt(() => new URL(url, base).href)
  return href && /^https?:/.test(href) ? href : undefined
}
