import type { Event, EventData, EventMeta, Producer } from './event.ts'
import { fieldsOf } from './fields.ts'
import type { StreamSchema } from './options.ts'

/** What was so at the call, and what is known of the stream. */
export interface Facts {
  readonly id: string
  readonly stream: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly domain?: string | undefined
  readonly producer: Producer
  /** What the stream's config asks for, by name. */
  readonly values: Readonly<Record<string, unknown>>
  readonly schema: StreamSchema
  readonly fillMetaDt: boolean
}

/**
 * The event as it goes out: the caller's fields with `meta`, `dt` and the context that the config asks for. The
 * caller's objects are not touched. A value `agent_client_platform` becomes the field `agent.client_platform`,
 * replaces the caller's and keeps its siblings; null and undefined are not added.
 */
export function enrich(data: EventData, facts: Facts): Event {
  const { id, stream, domain, producer, schema } = facts
  const time = isoTime(facts.at)
  const own = fieldsOf(data.meta)
  const meta: EventMeta = {
    ...own,
    id,
    stream,
    domain: domain ?? (own.domain as string | undefined),
    producer,
  }
  // V8 copies in a fifth of the time where a field stands before the others.
  const event = { meta, ...data } as Event
  event.meta = meta
  if (schema.dt !== false && !data.client_dt) event.dt ||= time
  if (schema.client_dt) event.client_dt ||= time
  if (schema.sample && producer.unit) event.sample = { unit: producer.unit, rate: producer.rate }
  if (facts.fillMetaDt) meta.dt ||= time
  if (schema.$schema) event.$schema ||= schema.$schema

  for (const name in facts.values) {
    const value = facts.values[name]
    const [group = '', ...field] = name.split('_')
    if (value == null || group === 'meta') continue
    event[group] = field.length ? { ...fieldsOf(event[group]), [field.join('_')]: value } : value
  }
  return event
}

let lastAt: number
let lastTime: string

/** ISO 8601 with milliseconds. Events of one task mostly share theirs. */
function isoTime(at: number): string {
  if (at !== lastAt) {
    lastAt = at
    lastTime = new Date(at).toISOString()
  }
  return lastTime
}
