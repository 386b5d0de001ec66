/**
 * In `localStorage`: names of streams, or `*`, for as long as it stands there. What begins with `rivulet ` is deleted where
 * consent is denied.
 */
const KEY = 'rivulet_debug'

/**
 * For `createClient({ debug })`: whoever tests a page sends all events of some streams, in the sample or not, by a URL with
 * `?rivulet_debug=shop.click,shop.view` (`*` for all), for that page, or by `localStorage.rivulet_debug`, for the
 * browser. They are marked (`meta.producer.debug`), have no number, and count nowhere.
 */
export function createDebugSwitch({
  parameter = 'rivulet_debug',
}: {
  /** Of the URL. */
  parameter?: string
} = {}): (stream: string) => boolean {
  const names = new Set(
    // On a server that renders the page there is no URL to look at.
    [new URLSearchParams(globalThis.location?.search).get(parameter), stored()].flatMap(
      (text) => text?.split(',') ?? [],
    ),
  )
  return (stream) => names.has('*') || names.has(stream)
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null // blocked: then there is the URL
  }
}
