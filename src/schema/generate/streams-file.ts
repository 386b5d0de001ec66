import { existsSync } from 'node:fs'
import { pointerTo } from '../json-pointer.ts'
import { SchemaError } from '../schema-error.ts'
import { lineOf, readSchemaFile, type SchemaObject, textOf } from '../schema-file.ts'
import { isObject } from '../subschemas.ts'

/** A stream, as far as its config says what events it carries. */
export interface StreamSettings {
  readonly name: string
  /** Undefined where the config names none. */
  readonly schemaTitle: string | undefined
  /** The context that the config adds to its events. */
  readonly provideValues: readonly string[]
  /** Whether it is sampled, so that events tell by what. */
  readonly isSampled: boolean
  /** The names of its other settings. */
  readonly others: readonly string[]
  /** The line of the config on which the stream's settings begin. */
  readonly line: number
}

/** What a stream config file says of streams. */
export interface StreamsFile {
  readonly revision: string | undefined
  readonly streams: readonly StreamSettings[]
}

const HOW = 'write { "streams": { "shop.click": { "schema_title": "shop/click" } } } there'

/** Reads a stream config, JSON or YAML, in the forms that clients take. Throws a SchemaError where it is none. */
export function readStreamsFile(path: string): StreamsFile {
  if (!existsSync(path))
    throw new SchemaError(`is not there; ${HOW}, or name another file`, { place: { file: path } })
  const content = readSchemaFile(path)
  const isWrapped = isObject(content.streams)
  const streams = Object.entries(isObject(content.streams) ? content.streams : content)
  if (streams.length === 0)
    throw new SchemaError(`has no streams; ${HOW}`, {
      place: { file: path, line: 1 },
    })

  const text = textOf(path)
  return {
    revision: content.revision === undefined ? undefined : String(content.revision),
    streams: streams.map(([name, settings]) => {
      const { schema_title, producers, ...others } = fieldsOf(settings)
      const { metrics_platform_client, rivulet } = fieldsOf(producers)
      const { provide_values, sampling } = { ...fieldsOf(metrics_platform_client), ...fieldsOf(rivulet) }
      return {
        name,
        schemaTitle: typeof schema_title === 'string' ? schema_title : undefined,
        isSampled: isObject(others.sample ?? sampling),
        others: Object.keys(others),
        provideValues: Array.isArray(provide_values) ? provide_values.map(String) : [],
        line: lineOf(text, pointerTo(isWrapped ? '/streams' : '', name)),
      }
    }),
  }
}

const fieldsOf = (value: unknown): SchemaObject => (isObject(value) ? value : {})
