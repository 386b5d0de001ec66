import {
  isCollection,
  isMap,
  isPair,
  isScalar,
  type Pair,
  parse,
  parseDocument,
  stringify,
  type YAMLMap,
} from 'yaml'
import { differences } from '../schema/differences.ts'
import { ownValue, stepsOf, valueAt } from '../schema/json-pointer.ts'
import { isObject } from './ingest.ts'

type Fields = { readonly [key: string]: unknown }

/** JSON with other content: what stays the same stays as it is written, as far as that goes. */
export function rewrittenJson(text: string, content: Fields): string {
  return (
    spliced(text, content, JSON.parse) ?? `${JSON.stringify(content, null, indentIn(text))}${tailOf(text)}`
  )
}

/**
 * YAML with other content: what stays the same stays as it is written, or keeps its comments at least. Whoever calls
 * checks the result: nodes may share an anchor.
 */
export function rewrittenYaml(text: string, content: Fields): string {
  return withLineEndsOf(text, spliced(text, content, parse) ?? merged(text, content))
}

function merged(text: string, content: Fields): string {
  const document = parseDocument(text)
  if (isMap(document.contents)) merge(document.contents as YAMLMap, content)
  else document.contents = document.createNode(content) as never
  return document.toString({ lineWidth: 0 })

  function merge(map: YAMLMap, wanted: Fields): void {
    const keys = Object.keys(wanted)
    const placeOf = new Map(keys.map((key, place) => [key, place]))
    map.items = map.items.filter(({ key }) => placeOf.has(nameOf(key)))
    for (const pair of map.items) {
      const value = ownValue(wanted, nameOf(pair.key))
      const node = pair.value
      if (isMap(node) && isObject(value)) merge(node as YAMLMap, value)
      else if (isScalar(node) && Object(value) !== value) node.value = value
      else if (JSON.stringify(plainOf(node)) !== JSON.stringify(value))
        pair.value = document.createNode(value)
    }
    const present = new Set(map.items.map(({ key }) => nameOf(key)))
    for (const key of keys) if (!present.has(key)) map.add(document.createPair(key, ownValue(wanted, key)))
    // Of patterns, the first that matches counts.
    map.items.sort((a, b) => placeOf.get(nameOf(a.key))! - placeOf.get(nameOf(b.key))!)
  }

  function plainOf(node: unknown): unknown {
    return (node as { toJS?: (from: typeof document) => unknown } | null)?.toJS?.(document) ?? null
  }
}

const nameOf = (key: unknown) => String(isScalar(key) ? key.value : key)

/** A part of a text, and what is to stand there. */
interface Splice {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** JSON or YAML with values replaced, added and taken out in place; undefined where it takes more than that. */
function spliced(text: string, content: Fields, read: (text: string) => unknown): string | undefined {
  // JSON is YAML, whose parser says where in the text a value is.
  const document = parseDocument(text)
  if (document.errors.length > 0 || !isMap(document.contents)) return undefined
  const splices: Splice[] = []
  for (const pointer of differences(read(text), content)) {
    const steps = stepsOf(pointer)
    const key = steps.pop()!
    const map = document.getIn(steps, true)
    const splice = isMap(map) ? spliceFor(text, map as YAMLMap, key, valueAt(content, pointer)) : undefined
    if (!splice) return undefined
    splices.push(splice)
  }
  // From behind, also where several are added in one place.
  splices.reverse().sort((a, b) => b.from - a.from)
  const next = splices.reduce((rest, { from, to, text }) => rest.slice(0, from) + text + rest.slice(to), text)
  // The order counts, too; and where splices meet, or nodes share an anchor, they do not come to what is wanted.
  return says(next, content, read) ? next : undefined
}

function spliceFor(text: string, map: YAMLMap, key: string, value: unknown): Splice | undefined {
  const place = map.items.findIndex((pair) => nameOf(pair.key) === key)
  if (place < 0) return addition(text, map, key, value)
  const { value: node } = map.items[place]!
  if (value === undefined) return removal(text, map, place)
  if (!isScalar(node) || Object(value) === value) return undefined
  return { from: node.range![0], to: node.range![1], text: asScalar(value, { like: node.type }) }
}

function addition(text: string, map: YAMLMap, key: string, value: unknown): Splice {
  const last = map.items[map.items.length - 1]
  const [start, end] = map.range!
  if (map.flow && !last)
    return {
      from: start,
      to: end,
      text: `{ ${asScalar(key, { like: 'QUOTE_DOUBLE' })}: ${onOneLine(value)} }`,
    }
  const margin = /[ \t]*$/.exec(text.slice(0, startOf(last!)))![0]
  const like = (last!.key as { type?: string }).type
  if (!map.flow) {
    const lines = stringify({ [key]: value }, { lineWidth: 0 }).trimEnd()
    const from = endOfLine(text, endOfPair(last!))
    return { from, to: from, text: `\n${lines.replace(/^/gm, margin)}` }
  }
  const from = endOfPair(last!)
  const isOnOneLine = !text.slice(start, end).includes('\n')
  const name = asScalar(key, { like })
  if (isOnOneLine) return { from, to: from, text: `, ${name}: ${onOneLine(value)}` }
  const lines = JSON.stringify(value, null, indentIn(text)).replace(/\n/g, `\n${margin}`)
  return { from, to: from, text: `,\n${margin}${name}: ${lines}` }
}

function removal(text: string, map: YAMLMap, place: number): Splice | undefined {
  const [before, pair, after] = [map.items[place - 1], map.items[place]!, map.items[place + 1]]
  const toEnd = (one: Pair) => (map.flow ? endOfPair(one) : endOfLine(text, endOfPair(one)))
  if (before) return { from: toEnd(before), to: toEnd(pair), text: '' }
  if (after) return { from: startOf(pair), to: startOf(after), text: '' }
  return map.flow ? { from: map.range![0], to: map.range![1], text: '{}' } : undefined
}

type Ranged = { readonly range: readonly number[] }
const startOf = ({ key }: Pair) => (key as Ranged).range[0]!
const endOfPair = ({ key, value }: Pair): number => endOf(value ?? key)

/** Of a collection in a block it is that of its last part: its own range goes on to where the next begins. */
function endOf(node: unknown): number {
  const items = isCollection(node) && !node.flow ? node.items : []
  const last: unknown = items[items.length - 1]
  if (last === undefined) return (node as Ranged).range[1]!
  return isPair(last) ? endOfPair(last) : endOf(last)
}

function endOfLine(text: string, from: number): number {
  const end = /\r?\n/.exec(text.slice(from))
  return end ? from + end.index : text.length
}

/** Quoted where what it replaces is, or where it has to be. */
function asScalar(value: unknown, { like }: { like: string | undefined }): string {
  const isPlain =
    like === 'PLAIN' && typeof value === 'string' && /^\w[\w.-]*$/.test(value) && parse(value) === value
  return isPlain ? value : JSON.stringify(value)
}

const onOneLine = (value: unknown) =>
  JSON.stringify(value, null, 1)
    .replace(/\n\s*/g, ' ')
    .replace(/\[ | \]/g, (bracket) => bracket.trim())

function says(text: string, content: Fields, read: (text: string) => unknown): boolean {
  try {
    return JSON.stringify(read(text)) === JSON.stringify(content)
  } catch {
    return false // as where two were added to one empty object
  }
}

/** A file of Windows stays one. */
const withLineEndsOf = (text: string, next: string) =>
  text.includes('\r\n') ? next.replace(/\r?\n/g, '\r\n') : next

const indentIn = (text: string) => /\n([ \t]+)\S/.exec(text)?.[1] ?? 2
const tailOf = (text: string) => /\s*$/.exec(text)![0]
