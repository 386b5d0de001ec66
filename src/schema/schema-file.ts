import { readFileSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import {
  type Document,
  isMap,
  isNode,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml'
import { stepsOf } from './json-pointer.ts'
import { SchemaError } from './schema-error.ts'

/** A JSON Schema as it was read: an object. */
export interface SchemaObject {
  readonly $id?: unknown
  readonly title?: unknown
  readonly [keyword: string]: unknown
}

/** In bytes. The largest schema of the family has 60 kB; what is larger is no schema, and would stop every reader. */
export const LARGEST_SCHEMA = 1_000_000

/** In levels. The deepest of the family has about 20; far deeper ones overflow the stack of whoever walks through. */
const DEEPEST_SCHEMA = 200

/** The parser compares each key with each, which takes long for thousands; `repeatedKey` does not. */
const YAML = { prettyErrors: false, uniqueKeys: false, logLevel: 'error' } as const

/**
 * Reads a schema file: JSON where its name ends so, YAML otherwise (a file without an ending is a link to one of
 * both, and JSON is YAML). Throws a SchemaError that names the file and the line.
 */
export function readSchemaFile(path: string): SchemaObject {
  return parseSchema(path, textOf(path))
}

/** The same for a text that was had from elsewhere; `path` is what an error names. */
export function parseSchema(path: string, text: string): SchemaObject {
  const content = parseContent(path, text)
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new SchemaError(
      'a schema is an object with "title", "$id" and "properties", this is none; write one there or remove the file',
      { place: { file: path, line: 1 } },
    )
  if (isDeeper(content, DEEPEST_SCHEMA))
    throw new SchemaError(`is nested more than ${DEEPEST_SCHEMA} levels deep, or without end; flatten it`, {
      place: { file: path, line: 1 },
    })
  return content as SchemaObject
}

/**
 * JSON where the name ends so, YAML otherwise. Throws a SchemaError that names the file and the line, also where a key
 * stands twice in one object.
 */
export function parseContent(path: string, text: string): unknown {
  return extname(path) === '.json' ? parsedJson(path, text) : parsedYaml(path, text)
}

/** Without recursion, since an alias of YAML may stand within what it stands for. */
function isDeeper(content: object, limit: number): boolean {
  const open: { readonly node: unknown; readonly depth: number }[] = [{ node: content, depth: 0 }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, depth } = next
    if (depth > limit) return true
    if (typeof node !== 'object' || node === null) continue
    for (const child of Object.values(node)) open.push({ node: child, depth: depth + 1 })
  }
  return false
}

/**
 * The line, from 1, on which stands what a JSON pointer leads to, or the nearest around it that the file
 * has; for a property, the line of its name.
 */
export function lineOf(text: string, pointer: string): number {
  return linesIn(text)(pointer)
}

/** `lineOf` for many pointers into one text, which is parsed once. */
export function linesIn(text: string): (pointer: string) => number {
  const lines = new LineCounter()
  const { contents } = parseDocument(text, { ...YAML, lineCounter: lines })
  const pairs = new Map<unknown, ReadonlyMap<string, Pair>>()

  return (pointer) => {
    let node: unknown = contents
    let offset = offsetOf(contents) ?? 0
    for (const part of stepsOf(pointer)) {
      const pair = isMap(node) ? pairsOf(node).get(part) : undefined
      const next = pair ? pair.value : isSeq(node) ? node.items[Number(part)] : undefined
      const at = offsetOf(pair ? pair.key : next)
      if (at === undefined) break
      offset = at
      node = next
    }
    return lines.linePos(offset).line
  }

  function pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
    const known = pairs.get(map) ?? new Map(map.items.map((pair) => [String(pair.key), pair]))
    pairs.set(map, known)
    return known
  }
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
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
      place: { file: path, line: 1 },
      cause,
    })
  }
}

function parsedJson(path: string, text: string): unknown {
  const content = jsonIn(path, text)
  if (keysIn(text) === namesIn(content)) return content
  // JSON.parse keeps the last of two equal keys and says nothing; YAML's parser knows where they are.
  const lines = new LineCounter()
  throw twice(path, lines, repeatedKey(parseDocument(text, { ...YAML, lineCounter: lines })))
}

function jsonIn(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const [what] = (cause as Error).message.split(/ in JSON at|, "|, \.\.\./)
    const line = text.slice(0, beginningOfJson(text)).split('\n').length
    throw new SchemaError(`is no JSON (${what!.replace(/\s+/g, ' ')}); correct the file`, {
      place: { file: path, line },
      cause,
    })
  }
}

/** How long the part of a text is that could be the beginning of JSON. Not every error of JSON.parse says so. */
function beginningOfJson(text: string): number {
  let [good, bad] = [0, text.trimEnd().length + 1]
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (isBeginningOfJson(text.slice(0, middle))) good = middle
    else bad = middle
  }
  return good
}

/** A beginning is wrong only in what comes after it: here a NUL, which JSON has nowhere. */
function isBeginningOfJson(text: string): boolean {
  try {
    JSON.parse(`${text}\0`)
    return true
  } catch (error) {
    const { message } = error as Error
    const position = /position (\d+)/.exec(message)?.[1]
    return position === undefined ? message.includes("token '\0'") : Number(position) >= text.length
  }
}

/** How many keys a JSON text has: strings before a colon. */
function keysIn(text: string): number {
  return [...text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g)].filter(([, colon]) => colon).length
}

function namesIn(content: unknown): number {
  let names = 0
  const open = [content]
  while (open.length > 0) {
    const node = open.pop()
    if (typeof node !== 'object' || node === null) continue
    const children = Object.values(node)
    names += Array.isArray(node) ? 0 : children.length
    for (const child of children) open.push(child)
  }
  return names
}

function parsedYaml(path: string, text: string): unknown {
  const lines = new LineCounter()
  const document = parseDocument(text, { ...YAML, lineCounter: lines })
  const [error] = document.errors
  if (error) throw noYaml(path, error, lines.linePos(error.pos[0]).line)
  const key = repeatedKey(document)
  if (key) throw twice(path, lines, key)
  try {
    return document.toJS()
  } catch (cause) {
    // An alias of an alias of an alias grows without end.
    throw noYaml(path, cause as Error, 1)
  }
}

interface Key {
  readonly name: string
  readonly offset: number
}

/** The first key that stands in its object for a second time. */
function repeatedKey(document: Document): Key | undefined {
  let found: Key | undefined
  visit(document, {
    Map(_, { items }) {
      const names = new Set<string>()
      for (const { key } of items) {
        const name = String(key)
        if (names.has(name)) {
          found = { name, offset: offsetOf(key) ?? 0 }
          return visit.BREAK
        }
        names.add(name)
      }
      return undefined
    },
  })
  return found
}

function twice(path: string, lines: LineCounter, key: Key | undefined): SchemaError {
  const { name, offset } = key ?? { name: 'a key', offset: 0 }
  return new SchemaError(`has "${name}" twice in one object; keep one of them`, {
    place: { file: path, line: lines.linePos(offset).line },
  })
}

function noYaml(path: string, cause: Error, line: number): SchemaError {
  const [what] = cause.message.split('\n')
  return new SchemaError(`is no YAML (${what}); correct the file`, { place: { file: path, line }, cause })
}
