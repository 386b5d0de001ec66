import type { Client } from '../core/client.ts'

/** Submits an event for each view of a page. Schema: `/rivulet/page_view/1.0.0`. The returned function ends it. */
export function collectPageViews(_events: Pick<Client, 'submit'>): () => void {
  return () => {}
}
