import type { SchemaObject } from '../schema-file.ts'
import { fieldName, literal, quoted } from './code.ts'
import { requiredOf } from './validator-rules.ts'

/** What a schema does not say of a stream's data. */
export interface DataTypeOptions {
  readonly name: string
  readonly $schema: string
  /** Top fields that need not be given although the schema requires them: something else fills them in. */
  readonly filled: readonly string[]
}

/**
 * The declaration of a TypeScript interface for what is submitted under a schema: its fields with their descriptions
 * and limits as doc comments. `$schema`, `meta` and what is `filled` need not be given.
 */
export function dataType(schema: SchemaObject, { name, $schema, filled }: DataTypeOptions): string {
  const { properties = {} } = schema as { properties?: SchemaObject }
  const { $schema: _, meta: __, ...own } = properties
  const asked = requiredOf(schema).filter((field) => !filled.includes(field))
  const text = comment([sentence(schema.description), `Schema: ${$schema}.`], '')
  const given = [
    `  $schema?: ${quoted($schema)}\n`,
    `${comment(['What the event follows from: `cause`, `request_id`. The client fills in the rest.'], '  ')}  meta?: GivenMeta\n`,
  ]
  const fields = fieldsOf({ ...schema, properties: own }, asked, '  ')
  return `${text}export interface ${name} {\n${given.join('')}${fields}}\n`
}

/** The lines of an object's fields. */
function fieldsOf(schema: SchemaObject, required: readonly string[], indent: string): string {
  const { properties = {}, additionalProperties } = schema as {
    properties?: Readonly<Record<string, SchemaObject | boolean>>
    additionalProperties?: SchemaObject | boolean
  }
  const lines = Object.entries(properties).flatMap(([name, field]) => {
    if (field === false) return []
    const node = field === true ? {} : field
    const mark = required.includes(name) ? '' : '?'
    return [
      `${comment(wordsOf(node), indent)}${indent}${fieldName(name)}${mark}: ${typeOf(node, indent)}\n`.replace(
        ': \n',
        ':\n',
      ),
    ]
  })
  if (additionalProperties === false) return lines.join('')
  // A field of its own has to fit into what others may be.
  const others =
    typeof additionalProperties === 'object' && lines.length === 0
      ? typeOf(additionalProperties, indent)
      : 'unknown'
  return `${lines.join('')}${indent}[field: string]: ${others}\n`
}

/** The type of a value. */
function typeOf(schema: SchemaObject, indent: string): string {
  if (Array.isArray(schema.enum)) return oneOf(schema.enum.map(valueType), indent)
  if (schema.const !== undefined) return valueType(schema.const)
  const types = [schema.type].flat().map((type) => typeNamed(String(type), schema, indent))
  return [...new Set(types)].join(' | ')
}

function typeNamed(type: string, schema: SchemaObject, indent: string): string {
  switch (type) {
    case 'integer':
    case 'number':
      return 'number'
    case 'string':
    case 'boolean':
    case 'null':
      return type
    case 'array': {
      const item = typeof schema.items === 'object' ? typeOf(schema.items as SchemaObject, indent) : 'unknown'
      return `readonly ${/[ |{]/.test(item) ? `(${item})` : item}[]`
    }
    case 'object':
      return `{\n${fieldsOf(schema, requiredOf(schema), `${indent}  `)}${indent}}`
    default:
      return 'unknown'
  }
}

function oneOf(types: readonly string[], indent: string): string {
  const line = types.join(' | ') || 'never'
  return line.length < 70 ? line : types.map((type) => `\n${indent}  | ${type}`).join('')
}

/** The type that has one JSON value only. */
function valueType(value: unknown): string {
  return typeof value === 'object' && value !== null ? literal(value).replace(/,\n/g, '\n') : literal(value)
}

const LARGEST = Number.MAX_SAFE_INTEGER

/** What the type cannot say. */
function wordsOf(schema: SchemaObject): string[] {
  const { description, format, pattern, minLength, maxLength, minItems, maxItems } = schema
  const { minimum = -LARGEST, maximum = LARGEST } = schema as { minimum?: number; maximum?: number }
  const kind = schema.type === 'integer' ? 'An integer' : 'A number'
  const isBounded = minimum > -LARGEST || maximum < LARGEST
  const range = isBounded
    ? ` ${span(minimum > -LARGEST ? minimum : undefined, maximum < LARGEST ? maximum : undefined, 'from')}`
    : ''
  return [
    sentence(description),
    schema.type === 'integer' || (schema.type === 'number' && isBounded) ? `${kind}${range}.` : '',
    format === undefined ? '' : `Format: ${format}.`,
    pattern === undefined ? '' : `Matches \`${pattern}\`.`,
    lengths(minLength, maxLength, 'character'),
    lengths(minItems, maxItems, 'item'),
    schema.uniqueItems ? 'No item twice.' : '',
    schema.default === undefined ? '' : `Default: ${JSON.stringify(schema.default)}.`,
  ].filter(Boolean)
}

function lengths(least: unknown, most: unknown, noun: string): string {
  if (least === undefined && most === undefined) return ''
  const last = most ?? least
  const text = span(least, most, '')
  return `${text[0]!.toUpperCase()}${text.slice(1)} ${noun}${last === 1 ? '' : 's'}.`
}

function span(least: unknown, most: unknown, from: string): string {
  if (least === undefined) return `at most ${most}`
  if (most === undefined) return `at least ${least}`
  return `${from} ${least} to ${most}`.trim()
}

function sentence(description: unknown): string {
  const text = String(description ?? '')
    .trim()
    .replace(/\s+/g, ' ')
  return !text || /[.!?]$/.test(text) ? text : `${text}.`
}

/** A doc comment in lines of at most 100 characters. */
function comment(sentences: readonly string[], indent: string): string {
  const text = sentences.filter(Boolean).join(' ').replace(/\*\//g, '*\\/')
  if (!text) return ''
  const lines = wrapped(text, 97 - indent.length)
  if (lines.length === 1 && indent.length + text.length <= 93) return `${indent}/** ${text} */\n`
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`
}

function wrapped(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!
    if (line && line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = line ? `${line} ${word}` : word
  }
  return lines
}
