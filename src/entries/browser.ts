import { type Client, createClient as createCoreClient } from '../core/client.ts'
import type { ClientOptions, StreamSchemas } from '../core/options.ts'
import { browserEnvironment } from '../environments/browser.ts'

export type { Client, Explanation } from '../core/client.ts'
export type { DebugSwitch } from '../core/debug.ts'
export type { Unit } from '../core/environment.ts'
export type { DropReason, Event, EventData, EventMeta, Outcome, Problem, Producer } from '../core/event.ts'
export type { Counts } from '../core/ledger.ts'
export type {
  ClientOptions,
  Consent,
  Curate,
  LoadSchemas,
  Net,
  StreamSchema,
  StreamSchemas,
} from '../core/options.ts'
export type { ConfigPush } from '../core/stream-config.ts'
export type { Sample } from '../core/sample.ts'
export type { Curation, StreamConfig } from '../core/settings.ts'

/**
 * A client for this page or worker. Events are kept in IndexedDB until the intake has answered for them, and go out from
 * whichever page or worker of this origin is open. On a server that renders pages they are dropped as `no-page`. Throws a
 * TypeError on a wrong option, and nothing else ever throws.
 */
export function createClient<Schemas extends StreamSchemas = StreamSchemas>(
  options: ClientOptions<Schemas>,
): Client<Schemas> {
  return createCoreClient(options, browserEnvironment())
}
