import { fieldsOf } from '../core/fields.ts'

/** What a value has to be, in words; undefined where it is that. */
export type Kind = (value: unknown) => string | undefined

/** Settings by name. Those that only others read may have any value. */
export type Known = { readonly [setting: string]: Kind }

const any: Kind = () => undefined

/** `null` stands for a setting that is left out, as EventStreamConfig has it. */
const kind =
  (words: string, is: (value: unknown) => boolean): Kind =>
  (value) =>
    value === null || is(value) ? undefined : words

const text = kind('a text', (value) => typeof value === 'string' && value !== '')
const texts = kind(
  'a list of texts',
  (value) => Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== ''),
)
/** PHP writes a map without entries as a list. */
const map = kind(
  'an object',
  (value) => value === fieldsOf(value) || (Array.isArray(value) && value.length === 0),
)
/** Who has one of these can act in another's name: the intake stores none. */
export const SECRET_HEADERS: readonly string[] = ['authorization', 'cookie', 'proxy-authorization']

const headersByField: Kind = (value) => {
  if (map(value)) return 'an object'
  const isHeader = (header: unknown) =>
    typeof header === 'string' && header !== '' && !SECRET_HEADERS.includes(header.toLowerCase())
  const isRight = Object.values(fieldsOf(value)).every((header) => header === false || isHeader(header))
  return isRight ? undefined : 'the name of a header for each field, none that is a secret, or false'
}

const amount: Kind = (value) => (typeof value === 'number' && value >= 0 ? undefined : 'a number from 0')
const oneOf = (...words: readonly string[]): Kind => {
  const listed = words.map((word) => JSON.stringify(word)).join(', ')
  return (value) => (words.includes(value as string) ? undefined : `one of ${listed}`)
}

/** Beside `streams`. The last line is what MediaWiki's API may answer in addition. */
export const TOP: Known = {
  $schema: text,
  revision: kind(
    'a text or number with digits in it, by which it compares to others',
    (value) => /string|number/.test(typeof value) && /\d/.test(String(value)),
  ),
  refresh_seconds: kind(
    'a number from 1 to 86400',
    (value) => typeof value === 'number' && value >= 1 && value <= 86_400,
  ),
  services: map,
  streams: map,
  ...{ warnings: any, errors: any, servedby: any, requestid: any, curtimestamp: any, batchcomplete: any },
}

export const STREAM: Known = {
  stream: any,
  schema_title: text,
  destination_event_service: text,
  sample: any, // has rules of its own
  topics: any,
  topic_prefixes: any,
  canary_events_enabled: any,
  message_key_fields: any,
  consumers: map,
  producers: map,
}

/** `identifier` is what Java's client reads instead of `unit`. */
export const SAMPLE: Known = { unit: any, rate: any, identifier: any }

/** Settings that Metrics Platform's clients read, too. */
const SHARED: Known = {
  events: any,
  provide_values: texts,
  curation: map,
  stream_name: text,
  sampling: any, // has the rules of `sample`
}

const OURS: Known = {
  state: oneOf('on', 'hold', 'off'),
  priority: oneOf('high', 'normal', 'low'),
  storage: oneOf('durable', 'memory'),
  max_per_minute: amount,
  max_age_seconds: amount,
  consent: oneOf('required', 'exempt'),
  gpc: oneOf('respect', 'ignore'),
}

export const RIVULET: Known = { ...SHARED, ...OURS }

export const PRODUCERS: { readonly [producer: string]: Known } = {
  rivulet: RIVULET,
  // Its `sample` stands in the config schema of PHP's client.
  metrics_platform_client: { ...SHARED, sample: any },
  eventgate: { enrich_fields_from_http_headers: headersByField, use_edge_uniques: any },
  mediawiki_eventbus: { enabled: any, event_service_name: any },
}

const CONSUMERS: Known = { analytics_hadoop_ingestion: any, analytics_hive_ingestion: any }

/** Where a setting belongs, for one that stands elsewhere. */
const PLACES: readonly {
  readonly where: string
  readonly names: readonly string[]
  readonly isOurs?: true
}[] = [
  { where: 'under producers.rivulet', names: Object.keys(RIVULET), isOurs: true },
  {
    where: 'right under the name of the stream',
    names: Object.keys(STREAM).filter((name) => name !== 'stream'),
    isOurs: true,
  },
  { where: 'under sample', names: ['unit', 'rate'], isOurs: true },
  { where: 'under producers', names: Object.keys(PRODUCERS) },
  { where: 'under consumers', names: Object.keys(CONSUMERS) },
  { where: 'under producers.eventgate', names: Object.keys(PRODUCERS.eventgate!) },
  { where: 'at the top, beside "streams"', names: ['revision', 'refresh_seconds', 'services'], isOurs: true },
]

/** Where a setting belongs that is not known where it stands, and whether this client reads it there. */
export function placeOf(setting: string): { readonly where: string; readonly isOurs?: true } | undefined {
  return PLACES.find(({ names }) => names.includes(setting))
}
