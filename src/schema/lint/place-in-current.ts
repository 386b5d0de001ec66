import { pointerTo, stepsOf, valueAt } from '../json-pointer.ts'
import { has } from '../subschemas.ts'

/**
 * Where current has what a pointer leads to in the version that is made of it: at the same place, or in its `allOf`; else
 * the nearest around it. A text in a list is looked up by what it says, since merging lists moves it.
 */
export function placeInCurrent(current: unknown, made: unknown, pointer: string): string {
  return nearestPlace(current, made, { steps: stepsOf(pointer), pointer: '' }).pointer
}

interface Place {
  readonly pointer: string
  /** What of the way is left from there. */
  readonly steps: readonly string[]
}

function nearestPlace(node: unknown, made: unknown, here: Place): Place {
  const [step, ...steps] = here.steps
  if (step === undefined || typeof node !== 'object' || node === null) return here

  const value = valueAt(made, pointerTo('', step))
  const key = keyOf(node, step, value)
  const parts = valueAt(node, '/allOf')
  const places = [
    ...(key === undefined
      ? []
      : [
          nearestPlace(valueAt(node, pointerTo('', key)), value, {
            steps,
            pointer: pointerTo(here.pointer, key),
          }),
        ]),
    ...(Array.isArray(parts) ? parts : []).map((part, index) =>
      nearestPlace(part, made, { ...here, pointer: pointerTo(here.pointer, 'allOf', index) }),
    ),
  ]
  return places.reduce((best, place) => (place.steps.length < best.steps.length ? place : best), here)
}

function keyOf(node: object, step: string, value: unknown): string | undefined {
  if (!Array.isArray(node) || typeof value !== 'string') return has(node, step) ? step : undefined
  const index = node.indexOf(value)
  return index < 0 ? undefined : String(index)
}
