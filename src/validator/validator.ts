import type { Event, Problem } from '../core/event.ts'
import { check, jsonOf, pointer, type Rules } from './check.ts'

export type { Format, Rules } from './check.ts'

/**
 * What is wrong with an event, by the rules that `rivulet generate` has made of the schema `$schema`: for each rule
 * that is not kept, where in the event and the keyword. Empty where the event is valid.
 */
export function createValidator(rules: Rules, _$schema: string): (event: Event) => readonly Problem[] {
  return (event) => {
    const problems: Problem[] = []
    check(rules, jsonOf(event), (path, keyword) => problems.push({ path: pointer(path), keyword }))
    return problems
  }
}
