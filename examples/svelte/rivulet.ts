// Rivulet in Svelte: a context. Copy this file, and put in the types of your own streams.
import { getContext, setContext } from 'svelte'
import type { Client } from 'rivulet'
import type { Schemas } from '../shop/site/generated/streams.js'

const KEY = Symbol('rivulet')

/** Gives the client to the component that calls this and to all below it. */
export function provideRivulet(events: Client<Schemas>): void {
  setContext(KEY, events)
}

/** The client: `const { submit } = useRivulet()`. */
export function useRivulet(): Client<Schemas> {
  const events = getContext<Client<Schemas> | undefined>(KEY)
  if (!events) throw new Error('useRivulet: no component above this one has called provideRivulet(events)')
  return events
}
