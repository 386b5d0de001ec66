import { type Client, createClient as createCoreClient } from '../core/client.ts'
import { type ClientOptions, checkOptions, OPTIONS, type StreamSchemas } from '../core/options.ts'
import { withFileQueue } from '../environments/file-queue.ts'
import { httpUrl } from '../environments/http.ts'
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

/** What `createClient` takes in Node, beside the options for browsers. */
export interface NodeClientOptions<Schemas extends StreamSchemas = StreamSchemas>
  extends ClientOptions<Schemas> {
  /**
   * A folder in which events are kept until the intake has answered for them, shared by all processes that name it.
   * Default: none, they are in memory.
   */
  readonly queueDir?: string
  /**
   * When what is in `queueDir` is forced to the disk, so that it survives a power cut, too: `always`, before an event
   * counts as kept; `interval`, a second later; `never`, when the system does it. What a process has written survives
   * its end in any case. Default: `interval`.
   */
  readonly fsync?: 'always' | 'interval' | 'never'
}

const NODE_OPTIONS = new Map([...OPTIONS, ['queueDir', 'string'], ['fsync', 'always or interval or never']])

/**
 * A client for this process, with its queue in memory: before the process ends, `await events.close()`. Its timers
 * keep no process alive. Throws a TypeError on a wrong option, and nothing else ever throws.
 */
export function createClient<Schemas extends StreamSchemas = StreamSchemas>(
  given: NodeClientOptions<Schemas>,
): Client<Schemas> {
  checkOptions(given, httpUrl, NODE_OPTIONS)
  const { queueDir, fsync = 'interval', ...options } = given
  const platform = nodeEnvironment()
  return createCoreClient(options, queueDir ? withFileQueue(platform, { queueDir, fsync }) : platform)
}
