import type { Answer } from './answer.ts'

/**
 * Answers what machines ask before they send requests here: `/healthz`, whether the process lives, and `/readyz`, whether
 * it can take events. Undefined elsewhere. Who asks learns nothing of what is stored.
 */
export type Health = (pathname: string) => Answer | undefined

/** `whyNot` says what keeps it from taking events; nothing where it can. */
export function createHealth(whyNot: () => readonly string[]): Health {
  return (pathname) => {
    if (pathname === '/healthz') return status(200, { status: 'ok' })
    if (pathname !== '/readyz') return undefined
    const reasons = whyNot()
    return reasons.length === 0
      ? status(200, { status: 'ok' })
      : status(503, { status: 'not ready', reasons })
  }
}

const status = (code: 200 | 503, body: object): Answer => ({
  status: code,
  headers: { 'cache-control': 'no-store' },
  body,
})
