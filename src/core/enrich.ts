import type { Event, EventData, Producer } from './event.ts'
import { fieldsOf } from './fields.ts'
import type { StreamSchema } from './options.ts'

/** What was so at the call, and what is known of the stream. */
export interface Facts extends StreamSchema {
  readonly id: string
  readonly stream: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly domain?: string | undefined
  readonly producer: Producer
  /** What the stream's config asks for, by name. */
  readonly values: Readonly<Record<string, unknown>>
  readonly fillMetaDt: boolean
}

/**
 * The event as it goes out: the caller's fields with `meta`, `dt` and the context that the config asks for. The
 * caller's objects are not touched. A value `agent_client_platform` becomes the field `agent.client_platform`,
 * replaces the caller's and keeps its siblings; null and undefined are not added.
 */
export function enrich(data: EventData, facts: Facts): Event {
  const { id, stream, domain, producer, $schema } = facts
  const time = new Date(facts.at).toISOString()
  const meta = fieldsOf(data.meta)
  const event: Event = {
    ...data,
    ...($schema && !data.$schema && { $schema }),
    ...(facts.dt !== false && !data.client_dt && !data.dt && { dt: time }),
    meta: {
      ...meta,
      ...(domain && { domain }),
      ...(facts.fillMetaDt && !meta.dt && { dt: time }),
      id,
      stream,
      producer,
    },
  }

  for (const [name, value] of Object.entries(facts.values)) {
    if (value == null) continue
    const [group = '', ...field] = name.split('_')
    event[group] = field.length ? { ...fieldsOf(event[group]), [field.join('_')]: value } : value
  }
  return event
}
