/**
 * What is known of a value: the keywords of a JSON Schema (draft-07) that `rivulet generate` understands, `pattern`
 * and `format` as regular expressions. `true` lets every value pass.
 */
export type Rules = ValueRules | true

/** The pattern that stands for a format, with the format's name. */
export type Format = RegExp & { readonly title: string }

interface ValueRules extends Limits {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly pattern?: RegExp
  readonly format?: Format
  readonly items?: Rules
  readonly uniqueItems?: boolean
  readonly required?: readonly string[]
  readonly properties?: { readonly [name: string]: Rules | false }
  readonly additionalProperties?: Rules | false
  readonly propertyNames?: Rules
}

interface Limits {
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly maxProperties?: number
}

/** Told of each rule that is not kept: where in the event, by which keyword of which rules, and the value there. */
export type Report = (path: Path, keyword: Keyword, value: unknown, rules: Rules) => void

export type Keyword = keyof ValueRules

/** The names and indexes that lead to a value. The same list throughout: it is to be read at once. */
export type Path = readonly (string | number)[]

/**
 * Checks a value, which `jsonOf` has given, as its JSON will be: NaN as null, and without the fields that JSON leaves
 * out.
 */
export function check(rules: Rules, value: unknown, report: Report, path: (string | number)[] = []): void {
  const kind = kindOf(value)
  const known = rules as ValueRules
  const { type, enum: allowed } = known
  // A name of a type stands in no other's, so that this is right for one and for a list.
  if (type && !type.includes(kind) && !(Number.isInteger(value) && type.includes('integer'))) fail('type')
  if (
    allowed &&
    !allowed.some(
      (one) => one === value || (typeof value === 'object' && canonical(one) === canonical(value)),
    )
  )
    fail('enum')

  if (kind === 'number') limit(value as number, 'minimum', 'maximum')
  if (kind === 'string') {
    const text = value as string
    // Lengths are in code points: of them a text has no more than code units, and not none unless it is empty.
    const isExact = text.length > known.maxLength! || known.minLength! > 1
    limit(isExact ? [...text].length : text.length, 'minLength', 'maxLength')
    if (known.pattern?.test(text) === false) fail('pattern')
    if (known.format?.test(text) === false) fail('format')
  }
  if (kind === 'array') {
    const list = value as readonly unknown[]
    limit(list.length, 'minItems', 'maxItems')
    if (known.uniqueItems && new Set(list.map((item) => canonical([item]))).size < list.length)
      fail('uniqueItems')
    for (const index of list.keys()) checkBelow(index, known.items, jsonOf(list[index]))
  }
  if (kind === 'object') {
    const { properties = {}, required = [] } = known
    const fields = value as Fields
    const names: string[] = []
    for (const name of Object.keys(fields)) {
      const field = jsonOf(fields[name])
      if (isLeftOut(field)) continue
      names.push(name)
      checkBelow(name, known.propertyNames, name)
      checkBelow(name, has(properties, name) ? properties[name] : known.additionalProperties, field)
    }
    limit(names.length, 'minProperties', 'maxProperties')
    for (const name of required) if (!names.includes(name)) checkBelow(name, false, undefined, 'required')
  }

  /** `false` lets nothing pass. */
  function checkBelow(
    name: string | number,
    below: Rules | false | undefined,
    there: unknown,
    keyword: Keyword = 'additionalProperties',
  ): void {
    path.push(name)
    if (below === false) fail(keyword, there)
    else if (below) check(below, there, report, path)
    path.pop()
  }

  function limit(size: number, least: keyof Limits, most: keyof Limits): void {
    if (size < known[least]!) fail(least)
    if (size > known[most]!) fail(most)
  }

  function fail(keyword: Keyword, there = value): void {
    report(path, keyword, there, rules)
  }
}

type Fields = { readonly [name: string]: unknown }

/** What JSON writes in place of a value: what its `toJSON` says. */
export function jsonOf(raw: unknown): unknown {
  const value = raw as { toJSON?: unknown } | null
  return typeof value?.toJSON === 'function' ? value.toJSON() : raw
}

/** As schemas call it; `new Number(1)` is a number in JSON too, and what JSON has no kind for has one of its own. */
function kindOf(value: unknown): string {
  if (typeof value === 'object') return Object.prototype.toString.call(value).slice(8, -1).toLowerCase()
  return typeof value === 'number' && !Number.isFinite(value) ? 'null' : typeof value
}

function isLeftOut(value: unknown): boolean {
  return value === undefined || typeof value === 'function' || typeof value === 'symbol'
}

function has(fields: object, name: string): boolean {
  return Object.prototype.propertyIsEnumerable.call(fields, name)
}

/** The same text for values that are equal in JSON, in whatever order they have their fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part) =>
    kindOf(part) === 'object'
      ? Object.fromEntries(
          Object.keys(part)
            .sort()
            .map((name) => [name, part[name]]),
        )
      : part,
  )
}

/** A path as a JSON pointer (RFC 6901). */
export function pointer(path: Path): string {
  return path.map((name) => `/${String(name).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('')
}
