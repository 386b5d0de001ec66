import { contextOf } from './answer.ts'
import { type Grounds, isObject, type Judged, type StreamSettings } from './ingest.ts'
import { isDebugEvent } from './producer.ts'

const SCHEMA = '/error/2.1.0'
/** Of streams that name no service. */
const OWN_SERVICE = 'rivulet'

/**
 * What Wikimedia's intake makes of an invalid event: an event of the schema `error`, in the stream
 * `SERVICE.error.validation`, where SERVICE is the `destination_event_service` of the event's stream, or `rivulet`.
 * As there, only where it is asked for: undefined unless stream config has that stream, with that schema, and it can be
 * stored there: what is wrong with one event keeps no other from being stored.
 */
export function errorEventOf(
  judged: Judged,
  {
    settingsOf,
    newId,
    receivedAt,
    refusalOf,
  }: Pick<Grounds, 'settingsOf' | 'newId' | 'receivedAt' | 'refusalOf'>,
) {
  if (judged.verdict !== 'invalid' || isDebugEvent(judged.event)) return undefined
  const { event, errors } = judged
  const meta = isObject(event.meta) ? event.meta : {}
  const service = (typeof meta.stream === 'string' && serviceIn(settingsOf(meta.stream))) || OWN_SERVICE
  const stream = `${service}.error.validation`
  const settings = settingsOf(stream)
  if (!('schemaTitle' in settings) || settings.schemaTitle !== 'error') return undefined

  const dt = receivedAt.toISOString()
  const errorEvent = {
    $schema: SCHEMA,
    meta: {
      stream,
      id: newId(),
      dt,
      uri: textIn(meta.uri, /^[^\s\\]{1,8192}$/),
      domain: textIn(meta.domain),
      request_id: textIn(meta.request_id),
    },
    dt,
    emitter_id: service,
    error_type: 'ValidationError',
    message: contextOf(errors).errorsText,
    errored_schema_uri: textIn(event.$schema),
    errored_stream_name: textIn(meta.stream),
    raw_event: JSON.stringify(event),
  }
  return refusalOf?.(errorEvent, stream, settings.settings) === undefined ? errorEvent : undefined
}

function serviceIn(stream: StreamSettings): string | undefined {
  const service = 'settings' in stream ? stream.settings.destination_event_service : undefined
  return typeof service === 'string' ? service : undefined
}

/** What an event says of itself may be what is wrong with it. */
function textIn(value: unknown, pattern = /./s): string {
  return typeof value === 'string' && pattern.test(value) ? value : 'unknown'
}
