import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml'
import { differences } from '../schema/differences.ts'
import { ownValue, stepsOf, valueAt } from '../schema/json-pointer.ts'
import { isObject } from './ingest.ts'

type Fields = { readonly [key: string]: unknown }

/** JSON with other content: what stays the same stays as it is written, as far as that goes. */
export function rewrittenJson(text: string, content: Fields): string {
  return spliced(text, content) ?? `${JSON.stringify(content, null, indentIn(text))}${endOf(text)}`
}

/** YAML with other content, its comments kept. Whoever calls checks the result: nodes may share an anchor. */
export function rewrittenYaml(text: string, content: Fields): string {
  const document = parseDocument(text)
  const options = YAML_STYLES.find((style) => document.toString(style) === text) ?? YAML_STYLES[0]
  if (isMap(document.contents)) merge(document.contents as YAMLMap, content)
  else document.contents = document.createNode(content) as never
  const lines = document.toString(options)
  return text.includes('\r\n') ? lines.replace(/\n/g, '\r\n') : lines

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

const YAML_STYLES = [2, 4].flatMap((indent) =>
  [true, false].flatMap((indentSeq) =>
    [true, false].map((flowCollectionPadding) => ({
      indent,
      indentSeq,
      flowCollectionPadding,
      lineWidth: 0,
    })),
  ),
)

const nameOf = (key: unknown) => String(isScalar(key) ? key.value : key)

interface Splice {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** JSON with values replaced and added in place; undefined where it takes more than that. */
function spliced(text: string, content: Fields): string | undefined {
  const before = JSON.parse(text)
  // JSON is YAML, whose parser says where in the text a value is.
  const document = parseDocument(text)
  if (document.errors.length > 0) return undefined
  const splices: Splice[] = []
  for (const pointer of differences(before, content)) {
    const steps = stepsOf(pointer)
    const value = valueAt(content, pointer)
    const node = document.getIn(steps, true)
    const parent = document.getIn(steps.slice(0, -1), true)
    if (value === undefined) return undefined
    if (isScalar(node) && Object(value) !== value)
      splices.push({ from: node.range![0], to: node.range![1], text: JSON.stringify(value) })
    else if (node === undefined && isMap(parent))
      splices.push(addition(text, parent as YAMLMap, steps.at(-1)!, value))
    else return undefined
  }
  splices.sort((a, b) => b.from - a.from)
  const next = splices.reduce((rest, { from, to, text }) => rest.slice(0, from) + text + rest.slice(to), text)
  // The order counts, too, and two may have been added at one place.
  return isJsonOf(next, content) ? next : undefined
}

function addition(text: string, map: YAMLMap, key: string, value: unknown): Splice {
  const [start, end] = map.range!
  const last = map.items.at(-1)
  const isOnOneLine = !text.slice(start, end).includes('\n')
  if (!last) return { from: start, to: end, text: `{ ${JSON.stringify(key)}: ${onOneLine(value)} }` }
  const from = (last.value as { range: number[] }).range[1]!
  if (isOnOneLine) return { from, to: from, text: `, ${JSON.stringify(key)}: ${onOneLine(value)}` }
  const keyAt = (last.key as { range: number[] }).range[0]!
  const [margin = ''] = /[ \t]*$/.exec(text.slice(0, keyAt))!
  const lines = JSON.stringify(value, null, indentIn(text)).replace(/\n/g, `\n${margin}`)
  return { from, to: from, text: `,\n${margin}${JSON.stringify(key)}: ${lines}` }
}

const onOneLine = (value: unknown) =>
  JSON.stringify(value, null, 1)
    .replace(/\n\s*/g, ' ')
    .replace(/\[ | \]/g, (bracket) => bracket.trim())

function isJsonOf(text: string, content: Fields): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(content)
  } catch {
    return false // two were added to one empty object, or the like
  }
}

const indentIn = (text: string) => /\n([ \t]+)\S/.exec(text)?.[1] ?? 2
const endOf = (text: string) => /\s*$/.exec(text)![0]
