import { type Client, createClient as createCoreClient } from '../core/client.ts'
import { type ClientOptions, checkOptions, OPTIONS, type StreamSchemas } from '../core/options.ts'
import { connectTo, type Transport } from '../environments/bridge.ts'
import { browserEnvironment } from '../environments/browser.ts'
import { createWebviewClient } from '../environments/webview.ts'

export type * from './types.ts'
export type { Transport } from '../environments/bridge.ts'

/** What `createClient` takes in a web view, beside the options for browsers. */
export interface WebviewClientOptions<Schemas extends StreamSchemas = StreamSchemas>
  extends ClientOptions<Schemas> {
  /**
   * The way to the app. Default: `webkit.messageHandlers.rivulet`, `rivuletApp` or `ReactNativeWebView`, as far as the
   * web view has one, or the port that the app sends.
   */
  readonly transport?: Transport
  /** How long, in ms, events wait for the app's hello before the page does without it. Default: 1,000. */
  readonly helloTimeout?: number
}

const WEBVIEW_OPTIONS = new Map([...OPTIONS, ['transport', 'object'], ['helloTimeout', 'number']])

/**
 * A client for a page that an app shows: events are handed to the app, and are queued here until it has answered for
 * them. Where there is no app, or it does not answer, they go as from any other page. Throws a TypeError on a wrong
 * option, and nothing else ever throws.
 */
export function createClient<Schemas extends StreamSchemas = StreamSchemas>(
  given: WebviewClientOptions<Schemas>,
): Client<Schemas> {
  const browser = browserEnvironment()
  checkOptions(given, browser.resolve, WEBVIEW_OPTIONS)
  const { transport, helloTimeout, ...options } = given
  return createWebviewClient(options, browser, createCoreClient, connectTo(transport), helloTimeout)
}
