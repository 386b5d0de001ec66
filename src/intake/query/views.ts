import { LOWEST_RATE } from '../../streams/sampling.ts'
import { DUPLICATES_STREAM } from '../duplicates.ts'
import { REJECTED_STREAM } from '../rejection.ts'
import {
  type Column,
  type Fields,
  type FieldType,
  literal,
  mergedFields,
  quoted,
  sqlType,
} from './columns.ts'

/** A stream as it is stored. */
export interface StoredStream {
  readonly stream: string
  /** Its day files, `<folder>/YYYY-MM-DD.jsonl`, by their path in the data folder. */
  readonly files: readonly string[]
  /** Of its events, by their schemas; undefined where no schema is known. */
  readonly fields: Fields | undefined
}

/** Something that can be asked about. */
export interface View {
  readonly name: string
  /** The same view, by a name that needs no quotes. */
  readonly alias?: string
  readonly columns: readonly Column[]
  /** What it selects. */
  readonly sql: string
}

const text: FieldType = { scalar: 'VARCHAR' }
const number: FieldType = { scalar: 'DOUBLE' }
const whole: FieldType = { scalar: 'BIGINT' }
const time: FieldType = { scalar: 'TIMESTAMPTZ' }
const fields = (types: { readonly [name: string]: FieldType }): Fields => new Map(Object.entries(types))

/** What clients and the intake write into the `meta` of any event. */
const META_FIELDS = fields({
  id: text,
  stream: text,
  dt: time,
  domain: text,
  producer: {
    fields: fields({
      sdk: text,
      id: text,
      seq: whole,
      unit: text,
      rate: number,
      revision: text,
      skew_ms: whole,
      debug: { scalar: 'BOOLEAN' },
    }),
  },
})

const EVENT_FIELDS = withMeta(
  fields({ dt: time, performer: { fields: fields({ session_id: text, pageview_id: text }) }, $schema: text }),
)

/** A column, and what it is made of. */
type Selected = Column & { readonly from: string }

const WEIGHT: Selected = {
  name: 'weight',
  type: 'DOUBLE',
  from: `CASE WHEN meta.producer.rate >= ${LOWEST_RATE} AND meta.producer.rate < 1 THEN 1 / meta.producer.rate ELSE 1 END`,
}
const ID: Selected = { name: 'id', type: 'VARCHAR', from: 'meta.id' }
const RECEIVED_AT: Selected = { name: 'received_at', type: 'TIMESTAMPTZ', from: 'meta.dt' }
const DAY: Selected = { name: 'day', type: 'DATE', from: 'TRY_CAST(right(filename, 16)[1:10] AS DATE)' }
const STREAM: Selected = { name: 'stream', type: 'VARCHAR', from: 'meta.stream' }

const EVENT_COLUMNS: readonly Selected[] = [
  STREAM,
  ID,
  { name: 'dt', type: 'TIMESTAMPTZ', from: 'dt' },
  RECEIVED_AT,
  DAY,
  { name: 'session', type: 'VARCHAR', from: 'performer.session_id' },
  { name: 'pageview', type: 'VARCHAR', from: 'performer.pageview_id' },
  { name: 'domain', type: 'VARCHAR', from: 'meta.domain' },
  { name: 'sdk', type: 'VARCHAR', from: 'meta.producer.sdk' },
  { name: 'instance', type: 'VARCHAR', from: 'meta.producer.id' },
  { name: 'seq', type: 'BIGINT', from: 'meta.producer.seq' },
  { name: 'unit', type: 'VARCHAR', from: 'meta.producer.unit' },
  { name: 'rate', type: 'DOUBLE', from: 'meta.producer.rate' },
  { name: 'revision', type: 'VARCHAR', from: 'meta.producer.revision' },
  WEIGHT,
  { name: 'schema', type: 'VARCHAR', from: '"$schema"' },
]

const REJECTED_COLUMNS: readonly Selected[] = [
  { name: 'stream', type: 'VARCHAR', from: 'errored_stream_name' },
  { name: 'schema', type: 'VARCHAR', from: 'errored_schema_uri' },
  RECEIVED_AT,
  DAY,
  { name: 'kind', type: 'VARCHAR', from: 'kind' },
  { name: 'message', type: 'VARCHAR', from: 'message' },
  { name: 'problems', type: 'VARCHAR[]', from: 'problems' },
  // A cast would be done by the reader, which makes of a text the JSON of a text.
  {
    name: 'event',
    type: 'JSON',
    from: "CASE WHEN json_valid(raw_event) THEN json_extract(raw_event, '$') END",
  },
  ID,
]

/** What is no JSON is no debug event, as far as can be told. */
const IS_DEBUG_REJECTED =
  "CASE WHEN json_valid(raw_event) THEN json_extract_string(raw_event, '$.meta.producer.debug') = 'true' END"

const REJECTED_FIELDS = withMeta(
  fields({
    errored_stream_name: text,
    errored_schema_uri: text,
    kind: text,
    message: text,
    problems: { items: text },
    raw_event: text,
  }),
)

/** The intake's own words about events, which are none themselves. */
const isEvents = ({ stream }: StoredStream) => stream !== REJECTED_STREAM && stream !== DUPLICATES_STREAM

/** The views over the streams of a data folder. */
export function viewsOf(streams: readonly StoredStream[]): View[] {
  const filesOf = (wanted: readonly StoredStream[]) => wanted.flatMap(({ files }) => files)
  const events = filesOf(streams.filter(isEvents))
  const rejected = filesOf(streams.filter(({ stream }) => stream === REJECTED_STREAM))
  const general = [
    { name: 'events', ...typedView(EVENT_COLUMNS, EVENT_FIELDS, events) },
    { name: 'rejected', ...typedView(REJECTED_COLUMNS, REJECTED_FIELDS, rejected, IS_DEBUG_REJECTED) },
    { name: 'raw', ...rawView([STREAM_OF_RAW, ID_OF_RAW, DAY, WEIGHT_OF_RAW, RAW], filesOf(streams)) },
  ]
  const names = uniqueNames(
    streams.map(({ stream }) => stream),
    general.map(({ name }) => name),
  )
  const aliases = aliasesOf(
    names,
    general.map(({ name }) => name),
  )
  return [
    ...general,
    ...streams.map((stream, index) => {
      const alias = aliases.get(names[index]!)
      return { name: names[index]!, ...(alias ? { alias } : {}), ...viewOf(stream) }
    }),
  ]
}

type Selection = Omit<View, 'name' | 'alias'>

function viewOf({ stream, files, fields }: StoredStream): Selection {
  const itsStream: Selected = { ...STREAM, from: `${literal(stream)}::VARCHAR` }
  if (!fields) return rawView([ID_OF_RAW, RECEIVED_AT_OF_RAW, DAY, WEIGHT_OF_RAW, itsStream, RAW], files)

  const usable = withMeta(fields)
  const own = [ID, RECEIVED_AT, DAY, WEIGHT, itsStream]
  const names = uniqueNames(
    [...usable.keys()],
    own.map(({ name }) => name),
  )
  const columns = [...usable].map(([field, type], index) => ({
    name: names[index]!,
    type: sqlType(type),
    from: quoted(field),
  }))
  return typedView([...own, ...columns], usable, files)
}

/** Weight and time of receipt are in `meta`, so what we know of it goes before what the schema says. */
function withMeta(fields: Fields): Fields {
  const meta = fields.get('meta')
  const more = meta && 'fields' in meta ? [...meta.fields].filter(([name]) => !META_FIELDS.has(name)) : []
  const { $schema = text, meta: _, ...rest } = Object.fromEntries(fields)
  const ours: Fields = new Map([
    ['meta', { fields: mergedFields(META_FIELDS, new Map(more)) }],
    ['$schema', $schema],
  ])
  return mergedFields(ours, new Map(Object.entries(rest)))
}

function typedView(
  columns: readonly Selected[],
  fields: Fields,
  files: readonly string[],
  isDebug = 'meta.producer.debug',
): Selection {
  const types = [...fields].map(([name, type]) => `${quoted(name)}: ${literal(sqlType(type))}`).join(', ')
  // `records` and `columns` keep DuckDB from guessing, which takes longer than the query. With `ignore_errors`, a value
  // that is not of its column's type is NULL, and a line that is no JSON is a row of NULLs.
  const filename = filenameIn(fields)
  const named = filename === 'filename' ? 'true' : literal(filename)
  const rows = `read_ndjson(${listOf(files)}, columns = {${types}}, records = true, ignore_errors = true, filename = ${named})`
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    sql: selection(columns, {
      files,
      filename,
      rows,
      where: `meta.stream IS NOT NULL AND (${isDebug}) IS DISTINCT FROM true`,
    }),
  }
}

const STREAM_OF_RAW: Selected = { ...STREAM, from: "json->>'$.meta.stream'" }
const ID_OF_RAW: Selected = { ...ID, from: "json->>'$.meta.id'" }
const RECEIVED_AT_OF_RAW: Selected = {
  ...RECEIVED_AT,
  from: "TRY_CAST(json->>'$.meta.dt' AS TIMESTAMPTZ)",
}
const RATE_OF_RAW = "TRY_CAST(json->>'$.meta.producer.rate' AS DOUBLE)"
const WEIGHT_OF_RAW: Selected = {
  ...WEIGHT,
  from: WEIGHT.from.replace(/meta\.producer\.rate/g, RATE_OF_RAW),
}
const RAW: Selected = { name: 'event', type: 'JSON', from: 'json' }

/** Events as they are stored. */
function rawView(columns: readonly Selected[], files: readonly string[]): Selection {
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    sql: selection(columns, {
      files,
      filename: 'filename',
      rows: `read_ndjson_objects(${listOf(files)}, ignore_errors = true, filename = true)`,
      // Looking for the word is much faster than looking into the object.
      where: `starts_with(ltrim(json::VARCHAR), '{') AND (NOT contains(json::VARCHAR, '"debug"') OR (json->>'$.meta.producer.debug') IS DISTINCT FROM 'true')`,
    }),
  }
}

function selection(
  columns: readonly Selected[],
  {
    files,
    filename,
    rows,
    where,
  }: { files: readonly string[]; filename: string; rows: string; where: string },
): string {
  const empty = columns.map(({ name, type }) => `NULL::${type} AS ${quoted(name)}`)
  if (files.length === 0) return `SELECT ${empty.join(', ')} WHERE false`
  const from = (column: Selected) => (column === DAY ? DAY.from.replace('filename', filename) : column.from)
  const selected = columns.map((column) => `${from(column)} AS ${quoted(column.name)}`)
  return `SELECT ${selected.join(', ')} FROM ${rows} WHERE ${where}`
}

const listOf = (files: readonly string[]) => `[${files.map(literal).join(', ')}]`

/** A name for the column of file names that no field has. By `filename` alone, DuckDB passes over files of other days. */
function filenameIn(fields: Fields): string {
  const taken = new Set([...fields.keys()].map((name) => name.toLowerCase()))
  let name = 'filename'
  while (taken.has(name)) name = `${name}_`
  return name
}

/** Names as they are, but for those that are taken or differ from another in case only: they get `event_` in front. */
function uniqueNames(names: readonly string[], taken: readonly string[]): string[] {
  const used = new Set(taken)
  return names.map((name) => {
    let unique = name
    while (used.has(unique.toLowerCase())) unique = `event_${unique}`
    used.add(unique.toLowerCase())
    return unique
  })
}

/** Names without quotes, for those names that need them, where only one would have it. */
function aliasesOf(names: readonly string[], taken: readonly string[]): ReadonlyMap<string, string> {
  const used = new Map<string, string[]>(taken.map((name) => [name, [name]]))
  for (const name of names) {
    const alias = name.toLowerCase().replace(/[^a-z0-9_]/g, '_')
    used.set(alias, [...(used.get(alias) ?? []), name])
  }
  const aliases = [...used].flatMap(([alias, [name, ...others]]): [string, string][] =>
    name && others.length === 0 && name.toLowerCase() !== alias && /^[a-z_]/.test(alias)
      ? [[name, alias]]
      : [],
  )
  return new Map(aliases)
}
