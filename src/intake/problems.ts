import type { ErrorObject } from 'ajv'

const LONGEST_VALUE = 80

/**
 * What is wrong with an event in words a person understands, such as `/action must be one of buy, remove (was
 * "steal")`. The errors must come from an Ajv with `verbose`, which adds the value.
 */
export function problemsInWords(errors: readonly ErrorObject[]): string[] {
  return errors.map((error) => `${where(error)} ${rule(error)}`)
}

function where({ instancePath, keyword, params }: ErrorObject): string {
  if (keyword === 'additionalProperties') return `${instancePath}/${params.additionalProperty}`
  return instancePath || 'the event'
}

function rule({ keyword, params, message, data }: ErrorObject): string {
  const was = ` (was ${shown(data)})`
  switch (keyword) {
    case 'required':
      return `must have "${params.missingProperty}"`
    case 'additionalProperties':
      return `is not a field of its schema${suggestion(params.additionalProperty)}`
    case 'type':
      return `must be ${kinds(params.type)}${was}`
    case 'enum':
      return `must be one of ${params.allowedValues.map(plain).join(', ')}${was}`
    case 'const':
      return `must be ${plain(params.allowedValue)}${was}`
    case 'minimum':
      return `must be at least ${params.limit}${was}`
    case 'maximum':
      return `must be at most ${params.limit}${was}`
    case 'minLength':
      return `must be at least ${characters(params.limit)} long${was}`
    case 'maxLength':
      return `must be at most ${characters(params.limit)} long (has ${[...String(data)].length})`
    case 'pattern':
      return `must match ${params.pattern}${was}`
    case 'format':
      return `must be a ${params.format}${was}`
    default:
      return `${message}${typeof data === 'object' ? '' : was}`
  }
}

/** The family's fields are in snake_case; a field in camelCase is the commonest slip of a JavaScript team. */
function suggestion(field: string): string {
  const snake = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return snake === field ? '' : ` (did you mean ${snake}?)`
}

const kinds = (type: string | string[]) =>
  [type]
    .flat()
    .map((kind) => `${/^[aio]/.test(kind) ? 'an' : 'a'} ${kind}`)
    .join(' or ')
const characters = (limit: number) => `${limit} ${limit === 1 ? 'character' : 'characters'}`
const plain = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

function shown(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text
}
