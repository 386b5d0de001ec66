const LONGEST_VALUE = 80

/**
 * What a rule asks for and what was there, as the rest of a sentence that begins with the field: `must be one of buy,
 * remove (was "steal")`. `wanted` is what the schema has under the keyword; `field` the name of the value.
 */
export function ruleInWords(
  keyword: string,
  wanted: unknown,
  value: unknown,
  field: string,
): string | undefined {
  const was = ` (was ${shown(value)})`
  switch (keyword) {
    case 'required':
      return 'is missing'
    case 'additionalProperties':
      return `is not a field of its schema${suggestion(field)}`
    case 'type':
      return `must be ${kinds(wanted)}${was}`
    case 'enum':
      return `must be one of ${(wanted as readonly unknown[]).map(plain).join(', ')}${was}`
    case 'const':
      return `must be ${plain(wanted)}${was}`
    case 'minimum':
      return `must be at least ${wanted}${was}`
    case 'maximum':
      return `must be at most ${wanted}${was}`
    case 'minLength':
      return `must be at least ${count(wanted, 'character')} long${was}`
    case 'maxLength':
      return `must be at most ${count(wanted, 'character')} long (has ${[...String(value)].length})`
    case 'minItems':
      return `must have at least ${count(wanted, 'item')} (has ${sizeOf(value)})`
    case 'maxItems':
      return `must have at most ${count(wanted, 'item')} (has ${sizeOf(value)})`
    case 'uniqueItems':
      return 'must not have an item twice'
    case 'minProperties':
      return `must have at least ${count(wanted, 'field')} (has ${sizeOf(value)})`
    case 'maxProperties':
      return `must have at most ${count(wanted, 'field')} (has ${sizeOf(value)})`
    case 'pattern':
      return `must match ${wanted}${was}`
    case 'format':
      return `must be a ${wanted}${was}`
  }
}

/** The family's fields are in snake_case; a field in camelCase is the commonest slip of a JavaScript team. */
function suggestion(field: string): string {
  const snake = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return snake === field ? '' : ` (did you mean ${snake}?)`
}

const kinds = (type: unknown) =>
  [type]
    .flat()
    .map((kind) => `${/^[aio]/.test(String(kind)) ? 'an' : 'a'} ${kind}`)
    .join(' or ')
const count = (limit: unknown, noun: string) => `${limit} ${noun}${limit === 1 ? '' : 's'}`
const sizeOf = (value: unknown) => Object.keys(value as object).length
const plain = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

/** A value as JSON, cut where it is long. What JSON cannot hold is told by its kind. */
export function shown(value: unknown): string {
  const text = jsonIn(value) ?? typeof value
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text
}

function jsonIn(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined // a BigInt, or a circle
  }
}
