// Rivulet in React: a context and two hooks. Copy this file, and put in the types of your own streams.
import { createContext, useContext, useEffect, useRef } from 'react'
import type { Client } from 'rivulet'
import type { Schemas } from '../shop/site/generated/streams.js'

const RivuletContext = createContext<Client<Schemas> | undefined>(undefined)

/** Gives the client to all components below: `<RivuletProvider value={events}>`. */
export const RivuletProvider = RivuletContext.Provider

/** The client: `const { submit } = useRivulet()`. */
export function useRivulet(): Client<Schemas> {
  const events = useContext(RivuletContext)
  if (!events) throw new Error('useRivulet: there is no <RivuletProvider> above this component')
  return events
}

/** Submits a page view for each path that is shown, once also where StrictMode runs effects twice. */
export function usePageViews(path: string): void {
  const { submit } = useRivulet()
  const shown = useRef('')
  useEffect(() => {
    if (shown.current === path) return
    shown.current = path
    submit('shop.page_view', { path })
  }, [path, submit])
}
