import type { Client } from '../core/client.ts'
import { listen } from './listen.ts'
import { type PageOption, pathOf } from './page.ts'

/** What `collectPageViews` can be told. */
export interface PageViewsOptions extends PageOption {
  /** The stream to submit to. Default: `rivulet.page_view`. */
  readonly stream?: string
  /** Whether a URL that is put in another one's place (`replaceState`) is a view, if the page is another. Default: true. */
  readonly replacements?: boolean
  /** Whether a new history entry is a view, if nothing but the query is new. Default: true. */
  readonly queries?: boolean
  /**
   * For browsers without the Navigation API: is handed `look`, to be called whenever your router has navigated, such as
   * `(look) => router.afterEach(look)`. A function that it returns is called in the end.
   */
  readonly watch?: (look: () => void) => unknown
}

/** What tells a view from the next one. */
interface View {
  readonly entry: unknown
  readonly url: string
  readonly path: string
}

/** What is known of the views of a document. */
interface Views {
  last?: View
  /** How the page came to be what it is now. */
  cameBack?: boolean
  traversed?: boolean
}

interface Arrival {
  readonly kind: 'bfcache' | 'history' | 'load' | 'prerender'
  readonly navigation_type?: string | undefined
  readonly referrer?: { readonly origin: string; readonly path?: string | undefined } | undefined
}

/** Where the package's `schemas/` has it. */
const SCHEMA = '/rivulet/page_view/1.0.0'

/** By client and stream: whoever begins twice, or anew, as components do, counts no view twice. */
const known = new WeakMap<object, Record<string, Views>>()

/**
 * Submits an event for each view of a page: when it is first seen, when its URL changes without a load, and when it
 * comes back from the back/forward cache. Schema: `/rivulet/page_view/1.0.0`. The returned function ends it.
 */
export function collectPageViews(events: Pick<Client, 'submit'>, options: PageViewsOptions = {}): () => void {
  const { stream = 'rivulet.page_view', replacements = true, queries = true, watch } = options
  const { navigation } = window as { navigation?: Navigation }
  const views = viewsOf(events, stream)
  let timer: ReturnType<typeof setTimeout> | undefined

  function look(): void {
    clearTimeout(timer)
    timer = undefined
    // Rendered ahead, or in a tab behind: it is a view when it is seen.
    if (document.hidden || (document as { prerendering?: boolean }).prerendering) return
    const url = location.href
    const { last, cameBack } = views
    // Without the API, a longer history tells of a new entry, if the URL is another: it grows with that of frames, too.
    const entry = navigation ? navigation.currentEntry?.key : history.length
    const view = { entry, url, path: pathOf(options) }
    if (cameBack || !last || isAnother(view, last)) {
      events.submit(stream, { $schema: SCHEMA, page: { path: view.path }, ...arrival() })
    }
    Object.assign(views, { last: view, cameBack: false, traversed: false })
  }

  /** After this task: by then redirects are through, and the title mostly is the new one. */
  function lookLater(): void {
    timer ??= setTimeout(look)
  }

  function isAnother({ entry, url, path }: View, last: View): boolean {
    const isSameUpTo = (mark: RegExp) => url.split(mark)[0] === last.url.split(mark)[0]
    const isNewEntry = entry !== last.entry || Boolean(!navigation && views.traversed)
    if (path !== last.path) return replacements || isNewEntry
    if (!isNewEntry) return false
    if (isSameUpTo(/#/)) return Boolean(navigation) && url === last.url
    return queries || !isSameUpTo(/[?#]/)
  }

  function arrival(): Arrival {
    const { last, cameBack, traversed } = views
    if (cameBack) return { kind: 'bfcache', navigation_type: 'back-forward-cache' }
    if (!last) return loaded(options)
    return {
      kind: 'history',
      navigation_type: navigation && (traversed ? 'back-forward' : 'soft-navigation'),
      referrer: { origin: location.origin, path: last.path },
    }
  }

  function onEntry({ navigationType }: NavigationCurrentEntryChangeEvent): void {
    views.traversed = navigationType === 'traverse'
    lookLater()
  }

  const end = listen({
    visibilitychange: lookLater,
    // A page that was rendered ahead may become visible before it is said to be shown.
    prerenderingchange: lookLater,
    pagehide: look,
    pageshow: ({ persisted }: PageTransitionEvent) => {
      views.cameBack ||= persisted
      lookLater()
    },
    ...(!navigation && {
      // What a router does long after a click is seen at the next one.
      click: () => {
        look()
        lookLater()
      },
      hashchange: lookLater,
      popstate: () => {
        views.traversed = true
        lookLater()
      },
    }),
  })
  navigation?.addEventListener('currententrychange', onEntry)
  const unwatch = watch?.(lookLater)
  lookLater()

  return () => {
    end()
    navigation?.removeEventListener('currententrychange', onEntry)
    if (typeof unwatch === 'function') unwatch()
    clearTimeout(timer)
  }
}

function viewsOf(events: object, stream: string): Views {
  const streams = known.get(events) ?? {}
  const views = streams[stream] ?? {}
  known.set(events, { ...streams, [stream]: views })
  return views
}

/** How the document came to be seen. */
function loaded(options: PageOption): Arrival {
  const [timing] = performance.getEntriesByType('navigation') as Partial<
    PerformanceNavigationTiming & { activationStart: number }
  >[]
  const kind = timing?.activationStart ? 'prerender' : 'load'
  const type = kind === 'load' ? timing?.type?.replace('_', '-') : kind
  return {
    kind,
    navigation_type: (document as { wasDiscarded?: boolean }).wasDiscarded ? 'restore' : type,
    // Who reloads, or comes back, does not come from there again.
    referrer: /^[rb]/.test(type ?? '') ? undefined : referrer(options),
  }
}

function referrer(options: PageOption): Arrival['referrer'] {
  if (!document.referrer) return
  const url = new URL(document.referrer)
  return {
    // `url.origin` is null where an app is the referrer.
    origin: `${url.protocol}//${url.host}`,
    path: url.origin === location.origin ? pathOf(options, url) : undefined,
  }
}
