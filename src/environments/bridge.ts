import { attempt, fieldsOf } from '../core/fields.ts'
import type { Consent } from '../core/options.ts'

/**
 * The way to the app: a WKWebView's message handler, an object of the app's on Android, a port, or what a page hands
 * over. Messages are JSON, as strings.
 */
export interface Transport {
  postMessage(message: string): void
  /** Where the app answers by it; else it answers by events on `window`. */
  addEventListener?(type: 'message', listener: (event: { readonly data?: unknown }) => void): void
  /** A port's. */
  start?(): void
}

/** What an app says: docs/web-views.md has the shapes. It is data, and each field may be anything or missing. */
export interface AppMessage {
  readonly type?: 'hello' | 'ack' | 'config' | 'consent' | 'ids'
  /** Of a hello. `ack`: it takes events, and answers for them. */
  readonly capabilities?: readonly string[]
  /** Whose part it is to sample by session and device. */
  readonly sampling?: 'app' | 'page'
  readonly ids?: { readonly session?: string; readonly device?: string }
  readonly consent?: Consent
  readonly config?: object
  /** By `meta.id`: true where the event is in the app's keeping, a text where it never sends it, which says why. */
  readonly acks?: Readonly<Record<string, string | true>>
}

/** The version of the protocol, in each message. A message of another one is none. */
const VERSION = 1

/** Of events on `window`, and what the app says when it hands over a port. */
const NAME = 'rivulet'

/**
 * Calls back with what the app around the page says, first with what it has left before the page's scripts ran, and
 * where it opens another way to it (`onWay`). The returned function says something to it; false where there is no way.
 */
export type Connect = (
  onMessage: (message: AppMessage) => void,
  onWay: () => void,
) => (message: object) => boolean

/** By the transport that is given, else by what the web view has. */
export const connectTo =
  (given?: Transport): Connect =>
  (onMessage, onWay) => {
    const { webkit, rivuletApp, ReactNativeWebView, rivuletHello } = globalThis as AppGlobals
    let transport: Transport | undefined

    function connect(next: Transport | undefined): void {
      transport = next
      transport?.addEventListener?.('message', ({ data }) => hear(data))
      transport?.start?.()
    }

    function hear(said: unknown): void {
      const message = fieldsOf(typeof said === 'string' ? attempt(() => JSON.parse(said)) : said)
      if (message.rivulet === VERSION) onMessage(message as AppMessage)
    }

    connect(given ?? webkit?.messageHandlers?.rivulet ?? rivuletApp ?? ReactNativeWebView)
    // Only scripts of this document can dispatch it, among them those that the app runs in it.
    globalThis.addEventListener?.(NAME, (event) => hear((event as CustomEvent).detail))
    globalThis.addEventListener?.('message', ({ data, origin, ports }) => {
      // Any frame can post a message, but only the app's has no origin.
      if (data !== NAME || origin) return
      connect(ports[0])
      onWay()
    })
    hear(rivuletHello)
    return (message) =>
      // An app that is going may throw.
      attempt(() => {
        transport?.postMessage(JSON.stringify({ rivulet: VERSION, ...message }))
        return Boolean(transport)
      }) ?? false
  }

/** What apps put into their pages. */
interface AppGlobals {
  readonly webkit?: { readonly messageHandlers?: { readonly rivulet?: Transport } }
  readonly rivuletApp?: Transport
  readonly ReactNativeWebView?: Transport
  readonly rivuletHello?: unknown
}
