type Listeners = Readonly<Record<string, (event: never) => void>>

/**
 * Listens to events on the window, by type, before the page's own listeners, so that none of them can keep an event
 * from us. The returned function ends it.
 */
export function listen(listeners: Listeners): () => void {
  for (const type in listeners) addEventListener(type, listeners[type] as EventListener, true)
  return () => {
    for (const type in listeners) removeEventListener(type, listeners[type] as EventListener, true)
  }
}
