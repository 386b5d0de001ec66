import { type Client, createClient } from '../core/client.ts'
import type { Environment } from '../core/environment.ts'
import { queuedIn } from '../core/ledger.ts'
import { type ClientOptions, OPTIONS, type StreamSchemas } from '../core/options.ts'

/** What `createClient` takes where there is no page. */
export interface PagelessOptions<Schemas extends StreamSchemas = StreamSchemas>
  extends ClientOptions<Schemas> {
  /**
   * Keeps a function running after it has answered, as `ctx.waitUntil` does in Cloudflare's workers and `waitUntil` in
   * Vercel's functions: given a promise with the first event since the last sending, which begins 50 ms later. It
   * resolves when what is queued is sent, after 5 s at the latest, and never rejects. Default: none; events go out
   * within a second, if the function lives on.
   */
  readonly waitUntil?: (promise: Promise<unknown>) => void
  /**
   * By which the intake knows this producer, where it asks for that (`rivulet intake --producer-token`). Goes with what is
   * posted to the origin of `intakeUrl`, and nowhere else. Default: none.
   */
  readonly intakeToken?: string
}

export const PAGELESS_OPTIONS = new Map([...OPTIONS, ['waitUntil', 'function'], ['intakeToken', 'string']])

/** For `await using`, where the compiler knows of it. */
export type AsyncDispose = {
  /** The same as `close`. */
  readonly [Key in SymbolConstructor[keyof SymbolConstructor & 'asyncDispose'] & symbol]: () => Promise<void>
}

/** A client that also ends by `await using`. */
export type PagelessClient<Schemas extends StreamSchemas = StreamSchemas> = Client<Schemas> & AsyncDispose

/** In ms: what is submitted within it goes together. */
const GATHERED_WITHIN = 50

/** In ms. */
const SENT_WITHIN = 5000

/** A client of the core's, with what there is to it where there is no page. `options` are checked. */
export function createPagelessClient(
  { waitUntil, ...options }: Omit<PagelessOptions, 'intakeToken'>,
  environment: Environment,
): Client {
  const client = createClient(options, environment)
  if (!waitUntil) return client
  const { after, warn } = environment
  let waiting = false
  let reported = false

  function hold(): void {
    waiting = true
    const sent = new Promise<void>((resolve) => {
      after(
        GATHERED_WITHIN,
        () => {
          // What comes from now on is given a promise of its own.
          waiting = false
          void client.flush({ timeout: SENT_WITHIN }).then(() => resolve())
        },
        { holdProcess: true },
      )
    })
    try {
      waitUntil?.(sent)
    } catch (cause) {
      if (!reported) warn('waitUntil threw', cause)
      reported = true
    }
  }

  return {
    ...client,
    submit: (stream, data = {}) => {
      const id = client.submit(stream, data)
      if (!waiting && queuedIn(client.ledger())) hold()
      return id
    },
  }
}

/** By `close`, which may be more than the client's own. */
export function disposable<Schemas extends StreamSchemas>(client: Client<Schemas>): PagelessClient<Schemas> {
  const dispose = Symbol.asyncDispose ? { [Symbol.asyncDispose]: client.close } : {}
  // A runtime without the symbol has no `await using` either.
  return { ...client, ...dispose } as PagelessClient<Schemas>
}
