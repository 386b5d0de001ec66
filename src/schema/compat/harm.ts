import { isObject, listOf } from '../subschemas.ts'

/**
 * What a change of a schema does to those who live by it: readers, who consume stored events and the tables and types
 * made for them, and producers, who submit as the old version said. Empty where no event is refused or read wrongly.
 */
export interface Harm {
  readonly readers?: string
  readonly producers?: string
}

/** The new version takes less. */
const NARROWER: Harm = { producers: 'producers who do as before are refused' }
/** The new version takes more. */
export const WIDER: Harm = { readers: 'readers get what could not be before' }
/** It takes something else, or what it takes cannot be told from the keyword alone. */
export const OTHER: Harm = { ...WIDER, ...NARROWER }
/** It takes the same; whoever goes by the keyword still gets something else. */
const NONE: Harm = {}

/** What it does that a keyword with a plain value was changed; `is` is undefined where it is gone. */
export function harmOf(keyword: string, was: unknown, is: unknown): Harm {
  if (keyword === 'default') return { readers: 'readers who fill in what is absent get another value' }
  if (REFERENCES.has(keyword)) return OTHER
  if (!ASSERTIONS.has(keyword)) return NONE
  if (is === undefined) return was === false ? NONE : WIDER
  if (keyword === 'type') return harmOfTypes(listOf(was), listOf(is))
  if (keyword === 'uniqueItems') return is === true ? NARROWER : WIDER
  if (typeof was !== 'number' || typeof is !== 'number') return OTHER
  if (UPPER_BOUNDS.has(keyword)) return is < was ? NARROWER : WIDER
  if (LOWER_BOUNDS.has(keyword)) return is > was ? NARROWER : WIDER
  return OTHER
}

/** What it does that one schema stands where another was, seen from outside: all of it, nothing, or some. */
export function harmOfSchema(keyword: string, was: unknown, is: unknown): Harm {
  const [before, after] = [widthOf(was), widthOf(is)]
  if (before === undefined || after === undefined) return OTHER
  if (before === after) return NONE
  if (keyword !== 'additionalProperties') return before < after ? WIDER : NARROWER
  return before < after
    ? { readers: 'readers meet properties that could not be before' }
    : { producers: 'producers who send further properties are refused' }
}

/** What it does that a list of schemas, such as `anyOf`, got longer or shorter. */
export function harmOfLength(keyword: string, was: number, is: number): Harm {
  if (keyword === 'allOf') return is > was ? NARROWER : WIDER
  if (keyword === 'anyOf') return is > was ? WIDER : NARROWER
  return OTHER
}

/** The harm in words, as the end of a sentence. */
export function harmInWords({ readers, producers }: Harm): string {
  return (
    [readers, producers].filter(Boolean).join(', ') || 'no event is refused, but whoever goes by it is misled'
  )
}

const UPPER_BOUNDS = new Set(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'])
const LOWER_BOUNDS = new Set(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'])
/** The keywords that decide whether an event is valid, and hold no schema. */
const ASSERTIONS = new Set([
  ...UPPER_BOUNDS,
  ...LOWER_BOUNDS,
  'type',
  'enum',
  'const',
  'format',
  'pattern',
  'multipleOf',
  'uniqueItems',
])
/** What they point to says what is valid. */
const REFERENCES = new Set(['$schema', '$ref'])

function harmOfTypes(was: readonly unknown[], is: readonly unknown[]): Harm {
  const isWider = was.every((type) => takes(is, type))
  const isNarrower = is.every((type) => takes(was, type))
  if (isWider && isNarrower) return NONE
  return isWider ? WIDER : isNarrower ? NARROWER : OTHER
}

const takes = (types: readonly unknown[], type: unknown) =>
  types.includes(type) || (type === 'integer' && types.includes('number'))

/** How much a schema takes: `false` is nothing, and no schema at all takes everything. */
function widthOf(schema: unknown): number | undefined {
  if (schema === false) return 0
  if (schema === true || schema === undefined) return 2
  return isObject(schema) ? 1 : undefined
}
