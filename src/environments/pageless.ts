import type { Environment } from '../core/environment.ts'
import { httpUrl } from './http.ts'
import { createIds } from './ids.ts'
import { createOwnTurns } from './own-turns.ts'

/** What differs from one platform without a page to the other. */
type OwnMembers = 'memo' | 'after' | 'get' | 'post'

/**
 * Where there is neither a page nor a device: the queue in memory, the client's own; a session that ends with 30
 * minutes of idleness, and with the client.
 */
export function pagelessEnvironment(own: Pick<Environment, OwnMembers>): Environment {
  const now = () => Date.now()
  // What is kept for others as well is nobody's session.
  const { eventId, ids, forget } = createIds({ now, memo: { read: () => undefined, write: () => {} } })
  return {
    ...own,
    eventId,
    ids: { ...ids, pageview: () => undefined, device: () => undefined },
    context: {},
    forget,
    now,
    random: Math.random,
    resolve: httpUrl,
    // Nobody asks: what tells a blocker from a server that is gone is only of use in a page.
    answers: async () => false,
    alone: createOwnTurns(),
    tell: () => {},
    onTold: () => () => {},
    gpc: () => false,
    phase: () => 'visible',
    onPhase: () => () => {},
    warn: (message, cause = '') => console.warn(`rivulet: ${message}`, cause),
  }
}
