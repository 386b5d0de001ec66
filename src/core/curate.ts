import type { Event } from './event.ts'
import { fieldsOf } from './fields.ts'
import type { Curation } from './settings.ts'

/** Whether the value keeps to the operand. */
type Operator = (value: unknown, operand: unknown) => boolean

const listed = (operand: unknown, test: (operands: readonly unknown[]) => boolean): boolean =>
  Array.isArray(operand) && test(operand)

/** A list has its members, a text its parts. */
const has = (value: unknown, operand: unknown): boolean =>
  Array.isArray(value)
    ? value.includes(operand)
    : typeof value === 'string' && typeof operand === 'string' && value.includes(operand)

/** Numbers by size, texts by their characters, which is by time where they are ISO 8601 of one zone. */
const ordered = (value: unknown, operand: unknown): boolean =>
  typeof value === typeof operand && /number|string/.test(typeof value)

const OPERATORS: { readonly [operator: string]: Operator } = {
  equals: (value, operand) => value === operand,
  not_equals: (value, operand) => value !== operand,
  greater_than: (value, operand) => ordered(value, operand) && value! > operand!,
  less_than: (value, operand) => ordered(value, operand) && value! < operand!,
  greater_than_or_equals: (value, operand) => ordered(value, operand) && value! >= operand!,
  less_than_or_equals: (value, operand) => ordered(value, operand) && value! <= operand!,
  in: (value, operand) => listed(operand, (operands) => operands.includes(value)),
  not_in: (value, operand) => listed(operand, (operands) => !operands.includes(value)),
  contains: has,
  does_not_contain: (value, operand) => /object|string/.test(typeof value) && !has(value, operand),
  contains_all: (value, operand) => listed(operand, (operands) => operands.every((one) => has(value, one))),
  contains_any: (value, operand) => listed(operand, (operands) => operands.some((one) => has(value, one))),
}

/**
 * Whether the event is kept: every operator of every named value has to hold. The value `page_namespace_id` is the
 * event's field `page.namespace_id`, as it is when the context is added. A value that is missing or null keeps no event,
 * whatever the operator; nor does an operand of the wrong kind. Operators that are not known here are passed over.
 * Numbers, texts and booleans are equal to their like only. In all this it does what the family's clients agree on.
 */
export function curate(event: Event, curation: Curation): boolean {
  return Object.entries(curation).every(([name, rules]) => {
    const [group = '', ...field] = name.split('_')
    const found = event[group]
    const value = field.length ? fieldsOf(found)[field.join('_')] : found
    return (
      value != null &&
      Object.entries(fieldsOf(rules)).every(([operator, operand]) => {
        const holds = Object.entries(OPERATORS).find(([known]) => known === operator)?.[1]
        return !holds || holds(value, operand)
      })
    )
  })
}
