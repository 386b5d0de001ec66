import { createClient } from './browser.ts'

/** What the page calls before and after this script is there: `rivulet.push((rivulet) => …)`. */
interface Rivulet {
  readonly createClient: typeof createClient
  /** What went wrong in the page before anyone listened, as the stub has kept it: for `collectErrors`. */
  readonly errors: readonly Event[]
  /** Runs the function at once. Before this script is loaded, an array in its place keeps it. */
  push(...calls: ((rivulet: Rivulet) => void)[]): void
}

const page = globalThis as { rivulet?: unknown }
const early = page.rivulet as { readonly errors?: readonly Event[] } | undefined

const rivulet: Rivulet = {
  createClient,
  errors: early?.errors ?? [],
  push: (...calls) => {
    for (const call of calls) {
      try {
        call(rivulet)
      } catch (cause) {
        // One team's mistake is reported, and does not stop the next one's call.
        setTimeout(() => {
          throw cause
        })
      }
    }
  },
}

page.rivulet = rivulet
if (Array.isArray(early)) rivulet.push(...early)
