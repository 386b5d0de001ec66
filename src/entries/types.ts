// What each build of `createClient` has types of.

export type { Client, Explanation } from '../core/client.ts'
export type { DebugSwitch } from '../core/debug.ts'
export type { Unit } from '../core/environment.ts'
export type {
  DropReason,
  Event,
  EventData,
  EventMeta,
  GivenMeta,
  Outcome,
  Problem,
  Producer,
} from '../core/event.ts'
export type { Counts } from '../core/ledger.ts'
export type {
  ClientOptions,
  Consent,
  Curate,
  LoadSchemas,
  Net,
  Redact,
  StreamSchema,
  StreamSchemas,
} from '../core/options.ts'
export type { ConfigPush } from '../core/stream-config.ts'
export type { Sample } from '../core/sample.ts'
export type { Curation, StreamConfig } from '../core/settings.ts'
