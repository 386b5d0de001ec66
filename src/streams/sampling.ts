import type { Unit } from '../core/environment.ts'
import { type Fields, fieldsOf } from '../core/fields.ts'

/** An event as the intake has stored it. */
export type StoredEvent = Fields

/** What an event says of how it came into the sample. */
export interface Sampling {
  /** 1 where it does not say. */
  readonly rate: number
  /** Absent where its stream was not sampled. */
  readonly unit?: Unit | undefined
  /** What of its kind was in the sample as a whole: the unit's id where it is known, else the client instance. */
  readonly cluster: string
  /** Whether `cluster` is all of the unit, and no part of it. */
  readonly isWhole: boolean
  /** The client instance, which is a page in a browser. */
  readonly instance: string
  /** Whether the event says nothing of it, as where another client sent it. */
  readonly isUnsaid: boolean
}

/**
 * The lowest rate that is taken at its word: draws are 32 bits wide, so that below it at most one of them is in the
 * sample, and an event that says so would outweigh all others.
 */
export const LOWEST_RATE = 2 ** -32

/** Where an event carries the ids of units, if its stream asks for them (`provide_values`). */
const FIELDS: { readonly [unit in Unit]: readonly [group: string, field: string] } = {
  session: ['performer', 'session_id'],
  pageview: ['performer', 'pageview_id'],
  device: ['agent', 'app_install_id'],
}

/** How the event came into the sample; undefined where the debug switch forced it in, so that it counts nowhere. */
export function samplingOf(event: StoredEvent): Sampling | undefined {
  const meta = fieldsOf(event.meta)
  const { debug, rate, unit, id: producer } = fieldsOf(meta.producer)
  if (debug === true) return undefined

  const known = isUnit(unit) ? unit : undefined
  const id = known && idIn(event, known)
  const instance = String(producer ?? meta.id)
  const isRate = typeof rate === 'number' && rate >= LOWEST_RATE && rate <= 1
  return {
    rate: isRate ? rate : 1,
    unit: known,
    cluster: id ?? instance,
    // A page view has one page.
    isWhole: id !== undefined || known === 'pageview',
    instance,
    isUnsaid: !isRate,
  }
}

/** The id of a unit, as far as the event carries it. */
export function idIn(event: StoredEvent, unit: Unit): string | undefined {
  const [group, field] = FIELDS[unit]
  const id = fieldsOf(event[group])[field]
  return typeof id === 'string' ? id : undefined
}

/** The value of `provide_values` that puts the id of a unit into events. */
export function valueOfId(unit: Unit): string {
  return FIELDS[unit].join('_')
}

function isUnit(found: unknown): found is Unit {
  return found === 'session' || found === 'pageview' || found === 'device'
}
