import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EngineName } from './find.mjs'

/** A browser engine, as the stories in test/e2e/faults use it. */
export interface Engine {
  readonly name: EngineName
  /** Starts a browser with this folder as its profile, which it finds again when it is started with it again. */
  start(profile: string): Promise<EngineBrowser>
  /**
   * For an engine that is driven from within its pages: each page of a site then begins with this head, and the site
   * hands on the requests below `/agent/`.
   */
  readonly agent?: {
    readonly head: string
    handle(request: IncomingMessage, response: ServerResponse): void
  }
}

/** All tabs share the profile's storage. */
export interface EngineBrowser {
  /** Opens a tab; resolves when the page and its scripts are loaded. */
  open(url: string): Promise<Tab>
  /** Ends all its processes at once, by SIGKILL. */
  kill(): Promise<void>
}

export interface Tab {
  /** Goes to another page, of the same site; resolves when that and its scripts are loaded. */
  goto(url: string): Promise<void>
  /** Goes back by one page. Does not wait: a page from the back/forward cache does not load. */
  back(): Promise<void>
  /** Runs a function in the page, which sees only what it is given; values pass as JSON. */
  run<Result>(fn: () => Result | Promise<Result>): Promise<Result>
  run<Given, Result>(fn: (given: Given) => Result | Promise<Result>, given: Given): Promise<Result>
  /** Closes it as a user does. */
  close(): Promise<void>
  /**
   * Its renderer, found by making it busy for a moment: so ask before the story begins. Other tabs have others, in an
   * engine and with few tabs.
   */
  renderer(): Promise<Renderer>
}

export interface Renderer {
  /** Ends it at once, by SIGKILL. */
  kill(): Promise<void>
}

/** Host name by which pages can be had that are no secure context: each engine finds it on this machine. */
export const PLAIN_HOST = 'rivulet.test'
