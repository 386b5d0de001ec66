import type { Event, EventData, Producer } from './event.ts'

/** What is added to an event of the stream. */
export interface Additions {
  readonly producer: Producer
  readonly domain?: string | undefined
  /** Names that the stream's config asks for, and values by name. */
  readonly provideValues: readonly string[]
  readonly values: Readonly<Record<string, unknown>>
  /** Of the stream's schema, where it is known. */
  readonly $schema?: string | undefined
  readonly dt?: boolean | undefined
  readonly fillMetaDt: boolean
}

/**
 * The event as it goes out: the caller's fields with `meta`, `dt` and the context that the config asks for. The
 * caller's objects are not touched. A value `agent_client_platform` becomes the field `agent.client_platform`,
 * replaces the caller's and keeps its siblings; null and undefined are not added.
 */
export function enrich(
  data: EventData,
  { id, stream, at }: { id: string; stream: string; at: number },
  { producer, domain, provideValues, values, $schema, dt, fillMetaDt }: Additions,
): Event {
  const time = new Date(at).toISOString()
  const event: Event = { ...data, meta: { ...asObject(data.meta), id, stream, producer } }
  if (domain) event.meta.domain = domain
  if (fillMetaDt) event.meta.dt ||= time
  if ($schema) event.$schema ||= $schema
  if (dt !== false && !event.client_dt) event.dt ||= time

  for (const name of provideValues) {
    const value = values[name]
    if (value == null) continue
    const [group = '', ...field] = name.split('_')
    event[group] = { ...asObject(event[group]), [field.join('_')]: value }
  }
  return event
}

function asObject(value: unknown): object | undefined {
  return typeof value === 'object' && !Array.isArray(value) ? (value ?? undefined) : undefined
}
