import { ownValue } from '../../schema/json-pointer.ts'
import { idIn } from '../../streams/sampling.ts'
import { isObject, type PostedEvent } from '../ingest.ts'

/** By what events are kept in order, and where a field that decides it is missing. */
export type MessageKey = { readonly key: string | undefined } | { readonly missing: string }

/**
 * As the stream's `message_key_fields` say, a map of the key's fields to the event's, by dotted paths: a JSON object of
 * their values. Without them the session, else the client instance, so that what one visitor does stays in order.
 */
export function keyOf(event: PostedEvent, fields: unknown): MessageKey {
  if (!isObject(fields) || Object.keys(fields).length === 0)
    return { key: idIn(event, 'session') ?? instanceOf(event) }

  const key = emptyObject()
  for (const [to, from] of Object.entries(fields)) {
    const value = at(event, String(from))
    if (value === undefined || value === null) return { missing: String(from) }
    put(key, to.split('.'), value)
  }
  return { key: JSON.stringify(key) }
}

function instanceOf({ meta }: PostedEvent): string | undefined {
  const producer = isObject(meta) ? meta.producer : undefined
  const id = isObject(producer) ? producer.id : undefined
  return typeof id === 'string' && id !== '' ? id : undefined
}

function at(event: PostedEvent, path: string): unknown {
  let value: unknown = event
  for (const name of path.split('.')) value = isObject(value) ? ownValue(value, name) : undefined
  return value
}

function put(
  into: { [name: string]: unknown },
  [name = '', ...rest]: readonly string[],
  value: unknown,
): void {
  if (rest.length === 0) {
    into[name] = value
    return
  }
  if (!isObject(into[name])) into[name] = emptyObject()
  put(into[name] as { [name: string]: unknown }, rest, value)
}

/** Without a prototype, which a field of that name would change. */
const emptyObject = (): { [name: string]: unknown } => Object.create(null)
