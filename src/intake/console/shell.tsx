import type { ComponentType } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { onTokenMissing, type Refusal, read } from './api.ts'
import type { Session } from './contract.ts'
import type { Connection } from './live/feed.ts'
import type { PageProps } from './page.ts'
import { createLive, type Live } from './live/live.ts'
import { Failure } from './notices.tsx'
import { LivePage } from './pages/live.tsx'
import { QualityPage } from './pages/quality.tsx'
import { QueryPage } from './pages/query.tsx'
import { StreamsPage } from './pages/streams.tsx'
import { VitalsPage } from './pages/vitals.tsx'
import { hashOf, type Route, routeOf } from './route.ts'
import { SignIn } from './sign-in.tsx'

interface Page {
  readonly name: string
  readonly title: string
  /** Titles of views within it, by what follows its name in the address. */
  readonly within?: { readonly [view: string]: string }
  readonly Page: ComponentType<PageProps>
}

const PAGES: readonly [Page, ...Page[]] = [
  { name: 'streams', title: 'Streams', within: { history: 'History of changes' }, Page: StreamsPage },
  { name: 'live', title: 'Live', within: { session: 'One visitor' }, Page: LivePage },
  { name: 'quality', title: 'Quality', Page: QualityPage },
  { name: 'query', title: 'Query', Page: QueryPage },
  { name: 'vitals', title: 'Vitals', Page: VitalsPage },
]

const CONNECTION_TEXT: Record<Connection, string> = {
  connecting: 'Connecting…',
  connected: 'Connected',
  lost: 'Connection lost – trying again',
}

/** The frame of all pages: where the reader is, whether the intake is there, and who may come in. */
export function Shell() {
  const route = useRoute()
  const live = useLive()
  const { session, failure, readSession } = useSession()
  const page = PAGES.find(({ name }) => name === route.page) ?? PAGES[0]
  const needsToken = session?.needsToken ?? false
  const title = needsToken ? 'Sign in' : (page.within?.[route.rest[0] ?? ''] ?? page.title)

  useEffect(() => {
    if (session && !needsToken) live.open()
  }, [session, needsToken])
  useEffect(
    () =>
      live.onConnection(() => {
        // A feed is not told why it was refused: whether a token is missing shows here.
        if (live.connection() === 'lost') void readSession()
      }),
    [],
  )

  const heading = useFocusOnArrival(title)
  return (
    <>
      <button type="button" class="skip" onClick={() => heading.current?.focus()}>
        Skip to content
      </button>
      <header class="bar">
        <p class="brand">
          Rivulet <span class="quiet">intake</span>
        </p>
        <nav aria-label="Console">
          <ul class="pages">
            {PAGES.map(({ name, title }) => (
              <li key={name}>
                <a href={hashOf(name)} aria-current={name === page.name ? 'page' : undefined}>
                  {title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <p class="connection" role="status" data-state={needsToken ? 'connecting' : live.connection()}>
          {needsToken ? 'Not signed in' : CONNECTION_TEXT[live.connection()]}
        </p>
      </header>
      <main>
        <h1 ref={heading} tabIndex={-1} class="title">
          {title}
        </h1>
        {failure && !session && <Failure refusal={failure} onRetry={readSession} />}
        {session && needsToken && <SignIn onDone={readSession} />}
        {session && !needsToken && (
          <page.Page key={page.name} rest={route.rest} session={session} live={live} />
        )}
      </main>
    </>
  )
}

function useRoute(): Route {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const follow = () => setHash(location.hash)
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return routeOf(hash)
}

function useLive(): Live {
  const [, paint] = useState(0)
  const [live] = useState(createLive)
  // Only what the bar shows: a page that shows records listens for them itself.
  useEffect(() => live.onConnection(() => paint((count) => count + 1)), [])
  return live
}

function useSession() {
  const [session, setSession] = useState<Session>()
  const [failure, setFailure] = useState<Refusal>()
  const readSession = () =>
    read<Session>('/api/session').then((found) => {
      setSession(found)
      setFailure(undefined)
    }, setFailure)

  useEffect(() => {
    onTokenMissing(() =>
      setSession((last) => (last && !last.needsToken ? { ...last, needsToken: true } : last)),
    )
    void readSession()
  }, [])
  return { session, failure, readSession }
}

/** Names the document, and moves the focus to the heading, when the reader has come from another page of the console. */
function useFocusOnArrival(title: string) {
  const heading = useRef<HTMLHeadingElement>(null)
  const isFirst = useRef(true)
  useLayoutEffect(() => {
    document.title = `${title} · Rivulet intake`
    if (!isFirst.current) {
      heading.current?.focus({ preventScroll: true })
      scrollTo(0, 0)
    }
    isFirst.current = false
  }, [title])
  return heading
}
