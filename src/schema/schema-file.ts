import { readFileSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import { isMap, LineCounter, parseDocument } from 'yaml'
import { SchemaError } from './schema-error.ts'

/** A JSON Schema as it was read: an object. */
export interface SchemaObject {
  readonly $id?: unknown
  readonly title?: unknown
  readonly [keyword: string]: unknown
}

/** In bytes. The largest schema of the family has 60 kB; what is larger is no schema, and would stop every reader. */
export const LARGEST_SCHEMA = 1_000_000
/** In objects and lists within one another. No schema of the family has more than 20. */
const DEEPEST_SCHEMA = 100

/**
 * Reads a schema file: JSON where its name ends so, YAML otherwise (a file without an ending is a link to one of
 * both, and JSON is YAML). Throws a SchemaError that names the file and the line.
 */
export function readSchemaFile(path: string): SchemaObject {
  return parseSchema(path, textOf(path))
}

/** The same for a text that was had from elsewhere; `path` is what an error names. */
export function parseSchema(path: string, text: string): SchemaObject {
  const content = extname(path) === '.json' ? parsedJson(path, text) : parsedYaml(path, text)
  if (isDeeperThan(DEEPEST_SCHEMA, content))
    throw new SchemaError(
      `has more than ${DEEPEST_SCHEMA} objects within one another, or an alias within what it repeats; make it flatter`,
      { place: { file: path, line: 1 } },
    )
  if (typeof content === 'object' && content !== null && !Array.isArray(content))
    return content as SchemaObject
  throw new SchemaError(
    'a schema is an object with "title", "$id" and "properties", this is none; write one there or remove the file',
    { place: { file: path, line: 1 } },
  )
}

/**
 * The line, from 1, on which stands what a JSON pointer leads to, or the nearest around it that the file
 * has; for a property, the line of its name.
 */
export function lineOf(text: string, pointer: string): number {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  let node: unknown = document.contents
  let offset = (document.contents?.range ?? [0])[0]
  for (const part of pointer.split('/').slice(1).map(unescaped)) {
    const pair = isMap(node) ? node.items.find(({ key }) => String(key) === part) : undefined
    const next = pair
      ? pair.value
      : (node as { get?: (key: unknown, keep: boolean) => unknown })?.get?.(Number(part), true)
    const at = ((pair ? pair.key : next) as { range?: readonly number[] } | undefined)?.range?.[0]
    if (at === undefined) break
    offset = at
    node = next
  }
  return lines.linePos(offset).line
}

/** The text of a schema file. Throws a SchemaError where it cannot be read, or is too large to be one. */
export function textOf(path: string): string {
  try {
    const { size } = statSync(path)
    if (size <= LARGEST_SCHEMA) return readFileSync(path, 'utf8')
    throw new SchemaError(
      `has ${size.toLocaleString('en')} bytes, a schema at most ${LARGEST_SCHEMA.toLocaleString('en')}; split it, or move what is no schema elsewhere`,
      { place: { file: path, line: 1 } },
    )
  } catch (cause) {
    if (cause instanceof SchemaError) throw cause
    const why = String((cause as Error).message)
    throw new SchemaError(`cannot be read (${why}); make the schema readable`, {
      place: { file: path },
      cause,
    })
  }
}

function parsedJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const message = (cause as Error).message.replace(/\s+/g, ' ')
    const line = text.slice(0, errorPosition(text)).split('\n').length
    throw new SchemaError(`is no JSON (${message}); correct the file`, { place: { file: path, line }, cause })
  }
}

/** Where JSON stops being any. Node tells it of some errors only, but what ends before them it finds to be cut off. */
function errorPosition(text: string): number {
  let [sound, broken] = [0, text.trimEnd().length]
  while (sound + 1 < broken) {
    const middle = Math.floor((sound + broken) / 2)
    if (isCutOff(text.slice(0, middle))) sound = middle
    else broken = middle
  }
  return sound
}

function isCutOff(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    const { message } = error as Error
    return message.includes('end of JSON input') || Number(/position (\d+)/.exec(message)?.[1]) >= text.length
  }
}

function parsedYaml(path: string, text: string): unknown {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [error] = document.errors
  if (error) throw noYaml(path, error, lines.linePos(error.pos[0]).line)
  try {
    return document.toJS()
  } catch (cause) {
    // An alias of an alias of an alias grows without end.
    throw noYaml(path, cause as Error, 1)
  }
}

function noYaml(path: string, cause: Error, line: number): SchemaError {
  const [what] = cause.message.split('\n')
  return new SchemaError(`is no YAML (${what}); correct the file`, { place: { file: path, line }, cause })
}

function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((child) => isDeeperThan(depth - 1, child))
}

const unescaped = (part: string) => part.replace(/~1/g, '/').replace(/~0/g, '~')
