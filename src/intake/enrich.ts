import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { ownValue } from '../schema/json-pointer.ts'
import { SECRET_HEADERS } from '../streams/known-settings.ts'
import { plainAddress } from './address.ts'
import { isObject, type PostedEvent, type Validate } from './ingest.ts'
import type { CompiledSchema } from './registry.ts'

/** What the intake knows of a request beside its body. */
export interface RequestFacts {
  readonly headers: IncomingHttpHeaders
  /** The sender's, as far as the socket tells it. */
  readonly address: string
}

type Settings = { readonly [setting: string]: unknown }

/** A field of events that a request fills in. */
interface Place {
  readonly path: readonly string[]
  readonly valueIn: (request: RequestFacts) => string | undefined
}

/** What a request says for a field. */
interface Value {
  readonly path: readonly string[]
  readonly text: string
}

const DEFAULTS = { 'meta.request_id': 'x-request-id', 'http.request_headers.user-agent': 'user-agent' }
/** What a header says beyond this is cut off, as Wikimedia's intake does. */
const LONGEST_VALUE = 400

/**
 * Validates events of a request, once they have what their stream wants to know of it: what its settings name, as far as
 * the schema has fields for it that the event has not filled. It makes no event invalid: a value that would is left out.
 */
export function createValidate(request: RequestFacts): Validate {
  const valuesFor = valuesIn(request)
  return (event, schema, settings) => {
    const values = valuesFor(placesIn(schema, settings))
    const undoings = values.flatMap((value) => fill(event, value) ?? [])
    const errors = schema.errorsOf(event)
    if (errors.length === 0 || undoings.length === 0) return errors

    for (const undo of undoings.reverse()) undo()
    const ownErrors = schema.errorsOf(event)
    if (ownErrors.length > 0) return ownErrors
    for (const value of values) {
      const undo = fill(event, value)
      if (undo && schema.errorsOf(event).length > 0) undo()
    }
    return []
  }
}

/** Looked up once for all events of a stream and schema: a request brings many. */
function valuesIn(request: RequestFacts): (places: readonly Place[]) => readonly Value[] {
  const known = new Map<readonly Place[], readonly Value[]>()
  return (places) => {
    const values =
      known.get(places) ??
      places.flatMap(({ path, valueIn }) => {
        const text = valueIn(request)
        return text ? [{ path, text }] : []
      })
    known.set(places, values)
    return values
  }
}

/** Puts a value where nothing is, and returns what takes it away again; undefined where something is in the way. */
function fill(event: PostedEvent, { path, text }: Value): (() => void) | undefined {
  let place = event
  for (let depth = 0; depth < path.length; depth++) {
    const name = path[depth]!
    const found = ownValue(place, name)
    if (found === undefined) {
      const holder = place
      holder[name] = path.slice(depth + 1).reduceRight<unknown>((inner, key) => ({ [key]: inner }), text)
      return () => delete holder[name]
    }
    if (!isObject(found)) return undefined
    place = found
  }
  return undefined
}

/** By schema, then by settings: both stay the same objects as long as they are in force. */
const known = new WeakMap<CompiledSchema, WeakMap<Settings, readonly Place[]>>()

function placesIn(schema: CompiledSchema, settings: Settings): readonly Place[] {
  const bySettings = known.get(schema) ?? new WeakMap()
  known.set(schema, bySettings)
  const places =
    bySettings.get(settings) ?? wantedPlaces(settings).filter(({ path }) => hasField(schema, path))
  bySettings.set(settings, places)
  return places
}

function wantedPlaces(settings: Settings): Place[] {
  const fromHeaders = Object.entries(headersByField(settings)).flatMap(([field, header]) =>
    typeof header === 'string' && !SECRET_HEADERS.includes(header.toLowerCase())
      ? [{ path: field.split('.'), valueIn: headerNamed(header.toLowerCase()) }]
      : [],
  )
  return [...fromHeaders, { path: ['http', 'client_ip'], valueIn: clientAddress }]
}

/** Nothing where the setting is none that can be read: rather too little than what nobody has asked for. */
function headersByField({ producers }: Settings): Settings {
  const eventgate = isObject(producers) && isObject(producers.eventgate) ? producers.eventgate : {}
  const asked = eventgate.enrich_fields_from_http_headers ?? {}
  const isEmptyMapOfPhp = Array.isArray(asked) && asked.length === 0
  if (isEmptyMapOfPhp) return DEFAULTS
  return isObject(asked) ? { ...DEFAULTS, ...asked } : {}
}

function headerNamed(name: string): Place['valueIn'] {
  return ({ headers }) => ownValue(headers, name)?.toString().slice(0, LONGEST_VALUE)
}

/** By the proxies before the intake, where they tell. */
function clientAddress({ headers, address }: RequestFacts): string | undefined {
  const [leftmost] = headers['x-forwarded-for']?.toString().split(',') ?? []
  const told = [headers['x-client-ip']?.toString(), leftmost, address]
  return told.map((one = '') => plainAddress(one.trim())).find((one) => isIP(one) !== 0)
}

/** Whether the schema has a field by that name, or a map that takes any. An object that is merely open has not. */
function hasField({ content }: CompiledSchema, path: readonly string[]): boolean {
  let place: unknown = content
  for (const name of path) {
    if (!isObject(place) || name === '__proto__') return false
    const { properties, additionalProperties } = place
    place = (isObject(properties) ? ownValue(properties, name) : undefined) ?? additionalProperties
  }
  return isObject(place)
}
