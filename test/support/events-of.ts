import fc from 'fast-check'

type Node = { readonly [keyword: string]: unknown }

/** Values that a schema lets pass, mostly: formats and patterns have odd ones among them. */
export function valuesOf(schema: Node): fc.Arbitrary<unknown> {
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum)
  const { minimum = -1e6, maximum = 1e6, minLength = 0, maxLength = 30 } = schema as Record<string, number>
  const types = [schema.type ?? ['string', 'integer', 'boolean']].flat() as string[]
  const byType: { [type: string]: () => fc.Arbitrary<unknown> } = {
    null: () => fc.constant(null),
    boolean: () => fc.boolean(),
    integer: () => fc.integer({ min: Math.max(minimum, -1e9), max: Math.min(maximum, 1e9) }),
    number: () => fc.double({ min: minimum, max: maximum, noNaN: true }),
    string: () =>
      schema.format
        ? fc.constantFrom(...(FORMATTED[String(schema.format)] ?? ['text']))
        : schema.pattern
          ? fc.stringMatching(new RegExp(String(schema.pattern)))
          : fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 30), unit: 'grapheme' }),
    array: () =>
      fc.array(valuesOf((schema.items ?? {}) as Node), {
        minLength: Number(schema.minItems ?? 0),
        maxLength: Math.min(Number(schema.maxItems ?? 4), 6),
      }),
    object: () => objectsOf(schema),
  }
  return fc.oneof(...types.map((type) => byType[type]!()))
}

function objectsOf(schema: Node): fc.Arbitrary<unknown> {
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, Node>
    required?: string[]
  }
  const fields = Object.entries(properties).map(([name, node]) =>
    fc.tuple(
      fc.constant(name),
      required.includes(name) ? fc.constant(true) : fc.boolean(),
      valuesOf(typeof node === 'object' ? node : {}),
    ),
  )
  const { additionalProperties: others } = schema
  const more =
    typeof others === 'object'
      ? fc.array(fc.tuple(fc.constantFrom('a', 'b_c', 'x/y', 'long_name'), valuesOf(others as Node)), {
          maxLength: 2,
        })
      : fc.constant([])
  return fc.tuple(fc.tuple(...fields), more).map(([own, added]) => {
    const kept = own.filter(([, isThere]) => isThere).map(([name, , value]) => [name, value] as const)
    return Object.fromEntries([...kept, ...(added as [string, unknown][])])
  })
}

/** For each format values on both sides of its edge. */
const FORMATTED: { readonly [format: string]: readonly string[] } = {
  'date-time': [
    ...['2026-11-24T10:00:00.000Z', '2026-11-24T10:00:00Z', '2026-11-24t10:00:00z', '2026-11-24 10:00:00Z'],
    ...[
      '2026-13-41T29:00:00Z',
      '2020-11-24T10:00:00+0100',
      '2026-11-24T10:00:00+01:00',
      '2026-11-24T10:00:00',
    ],
    ...[
      '2026-11-24',
      'yesterday',
      '',
      '2026-11-24T23:59:60Z',
      '2026-11-24T10:00:00.123456789Z',
      '２026-11-24T10:00:00Z',
    ],
  ],
  date: ['2026-11-24', '2026-19-39', '2026-1-1', '', '2026-11-24T10:00:00Z'],
  'uri-reference': [
    '/a?b#c',
    'https://example.org/x',
    'a b',
    '',
    '#',
    'http://[',
    '\\\\host',
    '/ü',
    '//x',
    '#a#b',
  ],
  uri: ['https://example.org', '/a', 'mailto:x', 'a b:c', ''],
  email: ['a@example.org', 'a', 'a@b', '@b', 'a b@c'],
  uuid: ['019aaa00-0000-7000-8000-000000000003', 'urn:uuid:019aaa00-0000-7000-8000-000000000003', '019aaa'],
  time: ['10:00:00Z', '10:00:00', '29:00:00z', ''],
}

/** JSON values of every kind, near the edges of what schemas say. */
const ODD_JSON = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1,
    1.5,
    2,
    2 ** 53,
    -(2 ** 53),
    1e300,
    '',
    'x',
    'x'.repeat(300),
    '👍',
    '👍'.repeat(200),
  ],
  ...[
    '\ud800',
    '2026-11-24T10:00:00Z',
    [],
    [null],
    [1, 1],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    {},
    { a: 1 },
    { type: 'x' },
  ],
]

/** What an event may hold that JSON does not, and what JSON makes of it. */
const ODD_VALUES = [
  ...[
    undefined,
    Number.NaN,
    Infinity,
    new Date(0),
    new Date(Number.NaN),
    () => 1,
    Symbol('x'),
    new Map([['a', 1]]),
  ],
  ...[
    { toJSON: () => 'x' },
    { toJSON: () => undefined },
    [undefined],
    [() => 1],
    new Array(2),
    /x/,
    new Error('x'),
  ],
]

const ODD_NAMES = [
  'extra',
  'camelCase',
  '__proto__',
  'constructor',
  'toString',
  'a/b',
  '~',
  '',
  'length',
  'x'.repeat(200),
]

interface Mutation {
  readonly steps: readonly number[]
  readonly kind: 'replace' | 'remove' | 'add'
  readonly name: string
  readonly value: unknown
}

/** Changes in an event, each at some place of it; also to values that JSON does not have where asked for. */
export function mutations({ ofAnyValue = false } = {}): fc.Arbitrary<readonly Mutation[]> {
  const mutation = fc.record({
    steps: fc.array(fc.nat(30), { maxLength: 3 }),
    kind: fc.constantFrom('replace' as const, 'remove' as const, 'add' as const),
    name: fc.constantFrom(...ODD_NAMES),
    value: fc.constantFrom(...ODD_JSON, ...(ofAnyValue ? ODD_VALUES : [])),
  })
  return fc.array(mutation, { maxLength: 3 })
}

/** The event with the changes. */
export function mutated(event: unknown, changes: readonly Mutation[]): unknown {
  const copy = structuredClone(event)
  for (const { steps, kind, name, value } of changes) {
    let parent = copy as Record<string, unknown>
    let key = keyOf(parent, steps[0] ?? 0)
    for (const step of steps.slice(1)) {
      const below = parent[key]
      if (typeof below !== 'object' || below === null || Object.keys(below).length === 0) break
      parent = below as Record<string, unknown>
      key = keyOf(parent, step)
    }
    if (kind === 'remove') Reflect.deleteProperty(parent, key)
    else define(parent, kind === 'add' ? name : key, value)
  }
  return copy
}

const keyOf = (parent: object, step: number) =>
  Object.keys(parent)[step % Math.max(1, Object.keys(parent).length)] ?? 'x'

/** As JSON.parse would have it: `__proto__` is a field like any other. The length of a list stays. */
function define(target: object, name: string, value: unknown): void {
  if (Array.isArray(target) && name === 'length') return
  Reflect.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}
