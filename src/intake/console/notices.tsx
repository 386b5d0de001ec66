import type { ComponentChildren } from 'preact'
import type { Refusal } from './api.ts'

/** What went wrong, in place of or above what it concerns, and the way to try again. */
export function Failure({ refusal, onRetry }: { refusal: Refusal; onRetry?: (() => void) | undefined }) {
  return (
    <div class="failure" role="alert">
      <p>
        <strong>{refusal.title}.</strong> {refusal.detail}
      </p>
      {onRetry && (
        <button type="button" class="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  )
}

/** Takes the room of what is being read, so that nothing jumps when it is there. */
export function Loading({ what, rows = 6 }: { what: string; rows?: number }) {
  return (
    <div class="loading">
      <p class="for-screen-readers">Reading {what}…</p>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} class="loading-row" aria-hidden="true" />
      ))}
    </div>
  )
}

/** Where there is nothing to show: why, and what would change that. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="notice">{children}</div>
}
