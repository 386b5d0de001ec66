import type { ErrorObject } from 'ajv'
import { SchemaError } from '../schema/schema-error.ts'
import type { EventSink } from './event-sink.ts'
import type { CompiledSchema } from './registry.ts'

/** An event as it came: an object, of which nothing else is known. */
export type PostedEvent = { [field: string]: unknown }

/**
 * What is to become of one posted event: accepted, or rejected because its schema forbids it (`invalid`), or because
 * there is nothing to judge it by (`error`).
 */
export type Judged =
  | { readonly verdict: 'accepted'; readonly stream: string; readonly event: PostedEvent }
  | { readonly verdict: 'invalid'; readonly event: PostedEvent; readonly errors: readonly ErrorObject[] }
  | { readonly verdict: 'error'; readonly event: unknown; readonly message: string }

/** A stream's settings, as far as they concern the intake, or why the stream takes no events. */
export type StreamSettings =
  | {
      readonly schemaTitle: string
      /** All of them, as the stream config has them. */
      readonly settings: { readonly [setting: string]: unknown }
    }
  | { readonly problem: string }

/** What is wrong with an event by its schema, once it has what its stream's settings want filled in. */
export type Validate = (
  event: PostedEvent,
  schema: CompiledSchema,
  settings: { readonly [setting: string]: unknown },
) => readonly ErrorObject[]

/** What a batch is judged by. */
export interface Grounds {
  /** When the batch arrived: fills `meta.dt`. */
  readonly receivedAt: Date
  /** The sender's clock at sending, in milliseconds, where it told. */
  readonly sentAt?: number | undefined
  /** What sent it, where that is told. */
  readonly browser?: string | undefined
  readonly settingsOf: (stream: string) => StreamSettings
  /** Throws a SchemaError where there is no such schema. */
  readonly schemaOf: (uri: string) => CompiledSchema
  readonly validate: Validate
  readonly newId: () => string
  /** Why a valid event cannot be stored all the same. */
  readonly refusalOf?: EventSink['refusalOf']
}

/** Sorts a posted batch into what is kept and what is not, in its order. Knows nothing of HTTP. Fills in the events. */
export function ingest(batch: readonly unknown[], grounds: Grounds): Judged[] {
  const dated = { ...grounds, dt: grounds.receivedAt.toISOString() }
  return batch.map((event) => judge(event, dated))
}

/** With the time of receipt as events have it. */
type DatedGrounds = Grounds & { readonly dt: string }

function judge(event: unknown, grounds: DatedGrounds): Judged {
  const { settingsOf, schemaOf, validate, refusalOf } = grounds
  const refused = (message: string): Judged => ({ verdict: 'error', event, message })
  if (!isObject(event)) return refused('No schema to judge it by: the event is not an object')
  if (typeof event.$schema !== 'string')
    return refused('No schema to judge it by: the event has no "$schema"')

  const stream = isObject(event.meta) ? event.meta.stream : undefined
  const named = typeof stream === 'string' && stream !== ''
  const settings = named ? settingsOf(stream) : undefined
  if (settings && 'problem' in settings) return refused(settings.problem)

  const schema = found(schemaOf, event.$schema)
  if ('problem' in schema) return refused(schema.problem)
  if (settings && schema.title !== settings.schemaTitle)
    return refused(
      `Schema ${event.$schema} is not allowed in stream "${stream}": its title is "${schema.title}", the stream's schema_title "${settings.schemaTitle}"`,
    )

  fillIn(event, schema, grounds)
  const errors = settings ? validate(event, schema, settings.settings) : schema.errorsOf(event)
  if (errors.length > 0) return { verdict: 'invalid', event, errors }
  // Most schemas require `meta.stream`, and so have refused such an event before.
  if (!named) return refused('The stream is not configured here: the event has no "meta.stream"')
  const refusal = settings && refusalOf?.(event, stream, settings.settings)
  if (refusal !== undefined) return refused(refusal)
  return { verdict: 'accepted', stream, event }
}

function found(schemaOf: Grounds['schemaOf'], uri: string): CompiledSchema | { problem: string } {
  try {
    return schemaOf(uri)
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    const prefix = `Failed loading schema at ${uri}`
    return { problem: error.message.startsWith(prefix) ? error.message : `${prefix}: ${error.message}` }
  }
}

/** What the intake adds before it judges. */
function fillIn(
  event: PostedEvent,
  schema: CompiledSchema,
  { receivedAt, dt, sentAt, browser, newId }: DatedGrounds,
): void {
  // In legacy schemas `dt` is the time of receipt; an event with a `client_dt` comes without it.
  const isLegacy = String(schema.title).startsWith('analytics/legacy')
  if (isLegacy && event.client_dt !== undefined) event.dt ??= dt

  const { meta } = event
  if (!isObject(meta)) return
  if (!meta.dt && mayHold(schema, 'dt')) meta.dt = dt
  if (!meta.id && mayHold(schema, 'id')) meta.id = newId()
  if (!isObject(meta.producer)) return
  if (sentAt !== undefined) meta.producer.skew_ms = receivedAt.getTime() - sentAt
  if (browser !== undefined) meta.producer.browser = browser
}

/** Whether the schema lets `meta` have the field. Nearly all do; one that does not must not refuse what we added. */
function mayHold({ content }: CompiledSchema, field: string): boolean {
  const meta = isObject(content.properties) ? content.properties.meta : undefined
  if (!isObject(meta) || meta.additionalProperties !== false) return true
  return isObject(meta.properties) && field in meta.properties
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
