import { type Client, createClient as createCoreClient } from '../core/client.ts'
import type { ClientOptions, StreamSchemas } from '../core/options.ts'
import { nodeEnvironment } from '../environments/node.ts'

export type { Client, Explanation } from '../core/client.ts'
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
 * A client for this process, with its queue in memory: before the process ends, `await events.close()`. Its timers
 * keep no process alive. Throws a TypeError on a wrong option, and nothing else ever throws.
 */
export function createClient<Schemas extends StreamSchemas = StreamSchemas>(
  options: ClientOptions<Schemas>,
): Client<Schemas> {
  return createCoreClient(options, nodeEnvironment())
}
