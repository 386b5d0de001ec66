import { fieldsOf } from '../core/fields.ts'
import { ownValue, pointerTo } from '../schema/json-pointer.ts'
import { nearest } from '../schema/nearest.ts'
import { shown } from '../schema/schema-error.ts'
import { has, listOf } from '../schema/subschemas.ts'
import { type LintedStream, type Problem, type StreamSchema, settingOf } from './linted-config.ts'

type Operands = 'scalar' | 'ordered' | 'list'

/** What each operator of curation wants. */
const OPERATORS: { readonly [operator: string]: Operands } = {
  equals: 'scalar',
  not_equals: 'scalar',
  greater_than: 'ordered',
  less_than: 'ordered',
  greater_than_or_equals: 'ordered',
  less_than_or_equals: 'ordered',
  in: 'list',
  not_in: 'list',
  contains: 'scalar',
  does_not_contain: 'scalar',
  contains_all: 'list',
  contains_any: 'list',
}

const IN_WORDS: { readonly [kind in Operands]: string } = {
  scalar: 'a text, a number, true or false',
  ordered: 'a number or a text',
  list: 'a list',
}

/** Rules of a stream's curation that are passed over, that no event can keep, or that look at what no event has. */
export function curationProblems(stream: LintedStream, schema: StreamSchema | undefined): Problem[] {
  const curation = settingOf(stream, 'curation')
  if (!curation) return []
  const asked = settingOf(stream, 'provide_values')?.value
  const values = Array.isArray(asked) ? asked.map(String) : []
  return Object.entries(fieldsOf(curation.value)).flatMap(([name, rules]) => {
    const pointer = pointerTo(curation.pointer, name)
    if (rules !== fieldsOf(rules))
      return [
        problem(pointer, `the rules for ${name} are an object such as { "equals": 1 }, not ${shown(rules)}`),
      ]
    const field = schema && fieldIn(schema.source.content, name)
    return [
      ...notGiven(name, pointer, { values, schema, field }),
      ...Object.entries(rules as object).flatMap(([operator, operand]) =>
        operatorProblems(operator, operand, { pointer: pointerTo(pointer, operator), field }),
      ),
    ]
  })
}

const problem = (pointer: string, message: string): Problem => ({ rule: 'curation', pointer, message })

interface Field {
  readonly type?: unknown
}

/** The field of an event in which curation looks for a value: `page_title` is `page.title`. */
function fieldIn(schema: object, name: string): Field | undefined {
  const [group = '', ...rest] = name.split('_')
  const path = rest.length ? [group, rest.join('_')] : [group]
  return path.reduce<object | undefined>((node, step) => {
    const properties = node && fieldsOf(ownValue(node, 'properties'))
    return properties && fieldsOf(ownValue(properties, step)) && has(properties, step)
      ? fieldsOf(properties[step])
      : undefined
  }, schema)
}

function notGiven(
  name: string,
  pointer: string,
  {
    values,
    schema,
    field,
  }: { values: readonly string[]; schema: StreamSchema | undefined; field: Field | undefined },
): Problem[] {
  if (values.includes(name)) return []
  const meant = nearest(name, values)
  const fix = meant ? `did you mean ${meant}?` : 'add it there'
  if (!schema || field)
    return [
      {
        ...problem(
          pointer,
          `${name} is not in provide_values, so that only events to which the page itself gives it are kept; ${fix}`,
        ),
        level: 'warning',
      },
    ]
  return [
    problem(
      pointer,
      `${name} is not in provide_values, and ${schema.$schema} has no such field, so that no event is kept; ${fix}`,
    ),
  ]
}

function operatorProblems(
  operator: string,
  operand: unknown,
  { pointer, field }: { pointer: string; field: Field | undefined },
): Problem[] {
  const wanted = has(OPERATORS, operator) ? OPERATORS[operator] : undefined
  if (!wanted) {
    const meant = nearest(operator, Object.keys(OPERATORS))
    const fix = meant ? `did you mean ${meant}?` : `write one of ${Object.keys(OPERATORS).join(', ')}`
    return [problem(pointer, `there is no operator ${operator}, so that it is passed over; ${fix}`)]
  }
  if (!isOf(wanted, operand)) {
    const effect = /^(not_equals|does_not_contain)$/.test(operator) ? 'it drops no event' : 'no event is kept'
    return [
      problem(
        pointer,
        `${operator} wants ${IN_WORDS[wanted]}, not ${shown(operand)}, so that ${effect}; correct it`,
      ),
    ]
  }
  if (operator === 'contains_any' && (operand as unknown[]).length === 0)
    return [
      problem(pointer, 'contains_any with an empty list keeps no event; name something, or take it out'),
    ]
  const others = operator.includes('contain') ? [] : ofOtherType(field, listOf(operand))
  if (others.length === 0 || /^not_/.test(operator)) return []
  return [
    problem(
      pointer,
      `${shown(others[0])} is no ${listOf(field!.type).join(' or ')}, which the field is by its schema, so that it never holds; numbers, texts and booleans are equal to their like only`,
    ),
  ]
}

function isOf(wanted: Operands, operand: unknown): boolean {
  if (wanted === 'list') return Array.isArray(operand)
  const kinds = wanted === 'ordered' ? /number|string/ : /number|string|boolean/
  return kinds.test(typeof operand)
}

/** Operands that a field never equals, since its schema has it of another type. */
function ofOtherType(field: Field | undefined, operands: readonly unknown[]): readonly unknown[] {
  if (!field || field.type === undefined) return []
  const types = listOf(field.type).map((type) => (type === 'integer' ? 'number' : type))
  return operands.filter((operand) => !types.includes(typeof operand))
}
