import type { Event, Problem } from '../core/event.ts'
import { check, jsonOf, type Keyword, pointer, type Rules } from './check.ts'
import { ruleInWords } from './words.ts'

export type { Format, Rules } from './check.ts'

/**
 * As `createValidator` of the production build, and each problem has a message, which also stands in the console: which
 * field, what was there, what is wanted, and where in the schema it says so.
 */
export function createValidator(rules: Rules, $schema: string): (event: Event) => readonly Problem[] {
  return (event) => {
    const problems: Problem[] = []
    check(rules, jsonOf(event), (path, keyword, value, own) => {
      const where = pointer(path)
      const wanted = wantedBy(own, keyword)
      const rule = ruleInWords(keyword, wanted, value, String(path[path.length - 1]))
      const place = `${$schema}#${placeOf(own, rules)}/${keyword}`
      problems.push({ path: where, keyword, message: `${where || 'the event'} ${rule}; see ${place}` })
    })
    if (problems.length)
      console.warn(
        `rivulet: an event of ${event.meta?.stream} is invalid and not sent:`,
        problems.map(({ message }) => `\n  ${message}`).join(''),
      )
    return problems
  }
}

/** What the schema's file has under the keyword. */
function wantedBy(rules: Rules, keyword: Keyword): unknown {
  const { format, pattern, ...others } = rules === true ? {} : rules
  if (keyword === 'format') return format?.title
  return keyword === 'pattern' ? pattern?.source : (others as { [keyword: string]: unknown })[keyword]
}

/** JSON pointer to where some rules stand within others; undefined where they do not. */
function placeOf(wanted: Rules, rules: Rules | false | undefined): string | undefined {
  if (rules === wanted) return ''
  if (typeof rules !== 'object') return undefined
  const { properties = {}, items, additionalProperties, propertyNames } = rules
  const named = Object.entries(properties).map(([name, below]) => [['properties', name], below] as const)
  const others = Object.entries({ items, additionalProperties, propertyNames })
  for (const [steps, below] of [...named, ...others.map(([keyword, below]) => [[keyword], below] as const)]) {
    const place = placeOf(wanted, below)
    if (place !== undefined) return pointer(steps) + place
  }
  return undefined
}
