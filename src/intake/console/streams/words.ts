import type { State, Unit } from '../contract.ts'
import { percentText } from '../format.ts'

export const STATES: readonly { readonly state: State; readonly name: string; readonly meaning: string }[] = [
  { state: 'on', name: 'On', meaning: 'events are sent' },
  { state: 'hold', name: 'Hold', meaning: 'events are queued in the pages and wait' },
  { state: 'off', name: 'Off', meaning: 'no events, and those in the queues are dropped' },
]

export const UNITS: readonly { readonly unit: Unit; readonly name: string }[] = [
  { unit: 'pageview', name: 'page views' },
  { unit: 'session', name: 'sessions' },
  { unit: 'device', name: 'devices' },
]

export function stateText(state: State): string {
  const { name, meaning } = STATES.find((known) => known.state === state) ?? { name: state, meaning: '' }
  return meaning ? `${name}: ${meaning}` : name
}

/** A sample as a reader says it. */
export function sampleText(unit: Unit | null, rate: number): string {
  if (unit === null) return 'everything'
  return `${percentText(rate)} of ${UNITS.find((known) => known.unit === unit)?.name ?? unit}`
}
