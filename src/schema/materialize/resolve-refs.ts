import { pointerTo, stepsOf } from '../json-pointer.ts'
import type { SchemaError } from '../schema-error.ts'
import type { SchemaObject } from '../schema-file.ts'
import { parseSchemaUri } from '../schema-uri.ts'
import { errorAt, type Source } from '../source.ts'
import { has, isObject, type Kind, kindBelow } from '../subschemas.ts'

/** A schema without `$ref`, and what is known of its parts. */
export interface Resolved {
  readonly content: SchemaObject
  /** Where a part was written: the pointer into the source, and the reference by which it came from elsewhere. */
  originOf(part: object): Origin | undefined
}

interface Origin {
  readonly pointer: string
  readonly ref?: string | undefined
}

/** In objects and lists. The largest schema of the family has 1,000; references to references double without end. */
const LARGEST = 50_000

/** In levels. What is deeper is no event, and would stop those who read it. */
const DEEPEST = 200

interface Position extends Origin {
  readonly kind: Kind
  readonly depth: number
  /** The references that led here, to see where they go round. */
  readonly trail: readonly string[]
}

/**
 * Puts what each `$ref` leads to in its place: a part of the schema itself (`#/definitions/x`), another schema
 * (`/title/X.Y.Z#`, by `targetOf`), or a part of that. What stands beside a `$ref` wins over what it leads to. In
 * examples and other data only a reference into the schema itself is one. Throws a SchemaError where a reference
 * leads nowhere or back to itself.
 */
export async function resolveRefs(
  source: Source,
  targetOf: (uri: string, refPointer: string) => Promise<SchemaObject>,
): Promise<Resolved> {
  const own = parseSchemaUri(String(source.content.$id))
  const origins = new WeakMap<object, Origin>()
  let size = 0
  const content = await resolve(source.content, {
    pointer: '',
    kind: 'schema',
    depth: 0,
    trail: [],
  })
  if (!isObject(content)) throw errorAt(source, '', '"$ref" leads to what is no schema; correct it')
  return { content, originOf: (part) => origins.get(part) }

  async function resolve(node: unknown, at: Position): Promise<unknown> {
    if (typeof node !== 'object' || node === null) return node
    checkSize(at)
    if (isObject(node) && typeof node.$ref === 'string' && isReference(node.$ref, at))
      return follow(node, node.$ref, at)

    const copy: unknown = Array.isArray(node) ? [] : {}
    for (const [key, child] of Object.entries(node)) {
      const value = await resolve(child, below(at, key))
      Object.defineProperty(copy, key, { value, enumerable: true, configurable: true, writable: true })
    }
    origins.set(copy as object, at)
    return copy
  }

  async function follow(node: SchemaObject, ref: string, at: Position): Promise<unknown> {
    const { $ref: _ref, ...siblings } = node
    const target = isOwn(ref) ? await ownTarget(ref, at) : await otherTarget(ref, at)
    if (!isObject(target) || Object.keys(siblings).length === 0) return target

    const beside = (await resolve(siblings, at)) as SchemaObject
    const both = { ...target, ...beside }
    origins.set(both, { pointer: at.pointer, ref })
    return both
  }

  async function ownTarget(ref: string, at: Position): Promise<unknown> {
    const pointer = fragmentOf(ref)
    if (at.trail.includes(pointer))
      throw wrongRef(at, loopInWords([...at.trail, pointer].map((each) => `#${each}`)))
    const place: Position = { ...at, pointer: '', trail: [...at.trail, pointer] }

    let node: unknown = source.content
    let position = place
    for (const step of stepsOf(pointer)) {
      // On its way a pointer passes through references, too.
      if (isObject(node) && typeof node.$ref === 'string') node = await resolve(node, position)
      if (typeof node !== 'object' || node === null || !has(node, step))
        throw wrongRef(at, `"$ref" is ${ref}, and the schema has nothing there; ${CORRECT}`)
      position = { ...below(position, step), depth: at.depth }
      node = (node as SchemaObject)[step]
    }
    return resolve(node, { ...position, kind: at.kind })
  }

  async function otherTarget(ref: string, at: Position): Promise<unknown> {
    const uri = ref.split('#')[0]!
    if (!/^\d/.test(parseSchemaUri(uri)?.version ?? ''))
      throw wrongRef(at, `"$ref" is ${ref}, which names no version of a schema; ${CORRECT}`)

    let node: unknown = await targetOf(uri, `${at.pointer}/$ref`)
    for (const step of stepsOf(fragmentOf(ref))) {
      if (typeof node !== 'object' || node === null || !has(node, step))
        throw wrongRef(at, `"$ref" is ${ref}, and that schema has nothing there; ${CORRECT}`)
      node = (node as SchemaObject)[step]
    }
    return copyOf(node, { ...at, ref })
  }

  function wrongRef({ pointer }: Position, what: string): SchemaError {
    return errorAt(source, `${pointer}/$ref`, what)
  }

  /** Nothing is left to resolve in it. */
  function copyOf(node: unknown, at: Position): unknown {
    if (typeof node !== 'object' || node === null) return node
    checkSize(at)
    const deeper = { ...at, depth: at.depth + 1 }
    const copy = Array.isArray(node)
      ? node.map((child) => copyOf(child, deeper))
      : Object.fromEntries(Object.entries(node).map(([key, child]) => [key, copyOf(child, deeper)]))
    origins.set(copy, at)
    return copy
  }

  function isOwn(ref: string): boolean {
    const uri = ref.split('#')[0]!
    if (uri === '' || uri === './') return true
    const named = parseSchemaUri(uri)
    return named !== undefined && named.title === own?.title && named.version === own.version
  }

  function isReference(ref: string, { kind }: Position): boolean {
    return kind !== 'data' || /^(\.\/)?#\//.test(ref)
  }

  function checkSize({ depth, pointer }: Position): void {
    size += 1
    if (size > LARGEST)
      throw errorAt(
        source,
        pointer,
        `grows beyond ${LARGEST.toLocaleString('en')} parts as references are followed; make it smaller`,
      )
    if (depth > DEEPEST) throw errorAt(source, '', `is nested deeper than ${DEEPEST} levels; make it flatter`)
  }
}

const CORRECT = 'correct it to /title/X.Y.Z#, or to # and a JSON pointer'

/** References that lead back to where they began. */
export function loopInWords(loop: readonly string[]): string {
  return `"$ref" goes round in a loop, ${loop.slice(loop.indexOf(loop.at(-1)!)).join(' → ')}; take one of them out`
}

function below(at: Position, key: string): Position {
  return { ...at, kind: kindBelow(at.kind, key), pointer: pointerTo(at.pointer, key), depth: at.depth + 1 }
}

function fragmentOf(ref: string): string {
  const fragment = ref.split('#')[1] ?? ''
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment // a stray % is taken as it stands
  }
}
