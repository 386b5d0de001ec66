// An app's side of docs/web-views.md for React Native: pages in a WebView hand their events to the app.
// CHECKED: type-checked in each run of the tests, and by hand against react-native-webview 16.0.0.
//
//   <RivuletWebView source={{ uri: 'https://shop.example/' }} origins={['https://shop.example']}
//     intakes={['https://intake.example.org/v1/events']} storage={AsyncStorage}
//     state={{ session, device, consent: 'granted' }} />

import { useCallback, useEffect, useMemo, useRef } from 'react'
import { WebView, type WebViewMessageEvent } from 'react-native-webview'

/** What the app tells its pages: the ids of its own events, and the consent of the moment. */
export interface RivuletState {
  /** 20 lower-case hexadecimal digits. */
  readonly session: string
  /** A UUID. */
  readonly device: string
  readonly consent: 'granted' | 'pending' | 'denied'
}

/** Where events survive the app: `@react-native-async-storage/async-storage` has this shape. */
export interface Storage {
  getAllKeys(): Promise<readonly string[]>
  getItem(key: string): Promise<string | null>
  setItem(key: string, text: string): Promise<void>
  removeItem(key: string): Promise<void>
}

export interface RivuletWebViewProps {
  readonly source: { readonly uri: string }
  /** Of the app's own pages: `https://shop.example`. */
  readonly origins: readonly string[]
  readonly intakes: readonly string[]
  readonly storage: Storage
  readonly state: RivuletState
}

interface Event {
  readonly meta: { readonly id: string }
}

interface Said {
  readonly rivulet?: number
  readonly type?: string
  readonly url?: string
  readonly events?: readonly Event[]
}

export function RivuletWebView({ source, origins, intakes, storage, state }: RivuletWebViewProps) {
  const view = useRef<WebView>(null)
  const queue = useMemo(() => createQueue(storage), [storage])
  const { session, device, consent } = state
  const hello = useMemo(() => {
    const ids = { session, device }
    return { rivulet: 1, type: 'hello', capabilities: ['ack', 'consent', 'ids'], ids, consent }
  }, [session, device, consent])

  /** The script looks where it is: the page may be another one by the time that it runs. */
  const tell = useCallback(
    (message: object) =>
      view.current?.injectJavaScript(
        `${inOwnPage(origins, `dispatchEvent(new CustomEvent('rivulet', { detail: ${JSON.stringify(message)} }))`)}; true`,
      ),
    [origins],
  )

  useEffect(() => {
    if (consent === 'denied') void queue.wipe()
    else void queue.send()
    tell(hello)
  }, [queue, consent, tell, hello])

  async function take({ url = '', events = [] }: Said): Promise<void> {
    if (consent !== 'granted' || !intakes.includes(url)) return
    const ids = await queue.write(url, events)
    tell({ rivulet: 1, type: 'ack', acks: Object.fromEntries(ids.map((id) => [id, true])) })
    await queue.send()
  }

  function onMessage({ nativeEvent }: WebViewMessageEvent): void {
    if (!origins.includes(originOf(nativeEvent.url))) return
    const said = read(nativeEvent.data)
    if (said?.rivulet !== 1) return
    if (said.type === 'hello') tell(hello)
    if (said.type === 'events') void take(said)
  }

  return (
    <WebView
      ref={view}
      source={source}
      originWhitelist={[...origins]}
      // So that no event waits for the hello.
      injectedJavaScriptBeforeContentLoaded={`${inOwnPage(origins, `window.rivuletHello = ${JSON.stringify(hello)}`)}; true`}
      onMessage={onMessage}
    />
  )
}

function inOwnPage(origins: readonly string[], script: string): string {
  return `if (window === top && ${JSON.stringify(origins)}.includes(location.origin)) { ${script} }`
}

function originOf(url: string): string {
  return /^[a-z]+:\/\/[^/?#]*/.exec(url)?.[0] ?? ''
}

/** What comes from other scripts is none of ours. */
function read(text: string): Said | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * A key for each event, by its `meta.id`: what is handed over twice is there once. It is removed when the intake has
 * answered for it.
 */
function createQueue(storage: Storage) {
  const PREFIX = 'rivulet '
  let sending: Promise<void> | undefined

  /** Resolves to the ids of those that are stored. */
  async function write(url: string, events: readonly Event[]): Promise<string[]> {
    const written = await Promise.all(
      events.map((event) =>
        storage.setItem(PREFIX + event.meta.id, JSON.stringify({ url, event })).then(
          () => [event.meta.id],
          () => [],
        ),
      ),
    )
    return written.flat()
  }

  async function wipe(): Promise<void> {
    for (const key of await keys()) await storage.removeItem(key)
  }

  /** One at a time. What fails waits for the next call. */
  function send(): Promise<void> {
    sending ??= sendAll().finally(() => {
      sending = undefined
    })
    return sending
  }

  /** In batches of one destination, oldest first, until one fails. */
  async function sendAll(): Promise<void> {
    for (;;) {
      const records: { key: string; url: string; event: Event }[] = []
      for (const key of (await keys()).slice(0, 50)) {
        records.push({ key, ...JSON.parse((await storage.getItem(key)) ?? '{}') })
      }
      const url = records[0]?.url
      if (!url) return
      const batch = records.filter((record) => record.url === url)
      const again = await post(
        url,
        batch.map(({ event }) => event),
      ).catch(() => undefined)
      const done = batch.filter(({ event }) => again && !again.has(event.meta.id))
      for (const { key } of done) await storage.removeItem(key)
      if (!done.length) return
    }
  }

  async function keys(): Promise<string[]> {
    return (await storage.getAllKeys()).filter((key) => key.startsWith(PREFIX)).sort()
  }

  return { write, wipe, send }
}

/** The ids of those to be sent again; undefined where the answer says nothing of single events. */
async function post(url: string, events: readonly Event[]): Promise<Set<string> | undefined> {
  const response = await fetch(`${url}${url.includes('?') ? '&' : '?'}sent=${Date.now()}`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify(events),
  })
  if ([200, 201, 204].includes(response.status)) return new Set()
  if (![207, 400, 500].includes(response.status)) return undefined
  const lists: { invalid?: unknown[]; error?: { event: Event }[] } = await response.json()
  if (!lists.invalid && !lists.error) return undefined
  return new Set((lists.error ?? []).map(({ event }) => event.meta.id))
}
