import type { Session } from './contract.ts'
import type { Live } from './live/live.ts'

/** What each page is given. */
export interface PageProps {
  /** What follows the page's name in the address. */
  readonly rest: readonly string[]
  readonly session: Session
  readonly live: Live
}
