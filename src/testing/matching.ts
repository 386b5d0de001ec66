/** What is wanted of a value: of an object the named fields only, of a list all items. */
export type Matching<Value> =
  | Matcher
  | (Value extends string
      ? Value | RegExp
      : Value extends readonly (infer Item)[]
        ? readonly Matching<Item>[]
        : Value extends object
          ? { readonly [Name in keyof Value]?: Matching<Value[Name]> | undefined }
          : Value)

/** What `expect.any(Number)`, `expect.stringContaining('…')` and their like are, in vitest and jest. */
export interface Matcher {
  asymmetricMatch(value: unknown): boolean
}

/** A place in which a value is not what is wanted. */
export interface Difference {
  /** JSON pointer into the value. */
  readonly path: string
  readonly found: unknown
  readonly wanted: unknown
}

/**
 * Where a value, as JSON has it, is not what is wanted; empty where it matches. A field that is wanted as undefined is
 * to be absent.
 */
export function differences(wanted: unknown, found: unknown, path = ''): Difference[] {
  const differs = [{ path, found, wanted }]
  if (isMatcher(wanted)) return wanted.asymmetricMatch(found) ? [] : differs
  if (wanted instanceof RegExp) return typeof found === 'string' && found.search(wanted) >= 0 ? [] : differs
  if (wanted instanceof Date) return differences(wanted.toJSON(), found, path)
  if (!isObject(wanted)) return Object.is(wanted, found) ? [] : differs
  if (!isObject(found) || Array.isArray(wanted) !== Array.isArray(found)) return differs
  if (Array.isArray(wanted) && wanted.length !== (found as unknown as unknown[]).length) return differs
  return Object.entries(wanted).flatMap(([name, below]) =>
    differences(below, isOwn(found, name) ? found[name] : undefined, `${path}/${name}`),
  )
}

/** Of a value that which is spoken of in what is wanted, so that a diff of the two shows nothing else. */
export function partOf(found: unknown, wanted: unknown): unknown {
  if (!isObject(found) || !isObject(wanted) || isMatcher(wanted) || Array.isArray(found)) return found
  return Object.fromEntries(
    Object.keys(wanted)
      .filter((name) => isOwn(found, name))
      .map((name) => [name, partOf(found[name], wanted[name])]),
  )
}

/** A value for a message, in one line. */
export function shown(value: unknown, longest = 200): string {
  const text = value === undefined ? 'missing' : (JSON.stringify(value, plain) ?? typeof value)
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

function plain(_: string, value: unknown): unknown {
  return value instanceof RegExp || isMatcher(value) || typeof value === 'bigint' ? String(value) : value
}

function isOwn(value: object, name: string): boolean {
  return Object.prototype.propertyIsEnumerable.call(value, name)
}

function isMatcher(value: unknown): value is Matcher {
  return typeof (value as Matcher | undefined)?.asymmetricMatch === 'function'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
