import { readFileSync } from 'node:fs'
import { SchemaError } from '../schema/schema-error.ts'
import { parseContent } from '../schema/schema-file.ts'
import { readStreamsConfig } from './streams-config.ts'

/** A stream config file as it was read. What it holds is data, and may be no config. */
export interface ConfigFile {
  readonly path: string
  readonly text: string
  readonly content: unknown
}

/** What is wrong with a config without streams, and what to do about it. */
export const NO_STREAMS =
  'has no streams in it; write { "streams": { "shop.click": { "schema_title": "shop/click" } } } there'

/** In characters: clients take no longer one. */
const LONGEST = 1_000_000

/** Reads a stream config, JSON where its name ends so, else YAML. Throws a SchemaError that names the file and the line. */
export function readConfigFile(path: string): ConfigFile {
  const text = textOf(path)
  const long = tooLong(text.length)
  if (long) throw new SchemaError(long, { place: { file: path } })
  return { path, text, content: parseContent(path, text) }
}

/** What is wrong with a config of so many characters, and what to do about it; undefined where clients take it. */
export function tooLong(characters: number): string | undefined {
  if (characters <= LONGEST) return undefined
  const [long, longest] = [characters, LONGEST].map((count) => count.toLocaleString('en'))
  return `has ${long} characters, of which clients take at most ${longest}; split it, a file for each site`
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const why = (cause as Error).message
    throw new SchemaError(`the stream config cannot be read (${why}); name an existing file`, {
      place: { file: path },
      cause,
    })
  }
}

/** The content of a file that holds streams. Throws a SchemaError where there are none in it. */
export function readStreamsIn(path: string): unknown {
  const { content } = readConfigFile(path)
  try {
    readStreamsConfig(content)
    return content
  } catch (cause) {
    throw new SchemaError(NO_STREAMS, { place: { file: path }, cause })
  }
}
