import type { Event, Problem } from '../core/event.ts'
import { check, jsonOf, type Keyword, type Path, pointer, type Rules } from './check.ts'
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
      const place = `${$schema}#${placeIn(rules, keyword === 'required' || keyword === 'additionalProperties' ? path.slice(0, -1) : path)}/${keyword}`
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

/** JSON pointer to the rules, in the schema, that hold for the value to which the path leads in an event. */
function placeIn(rules: Rules, [name, ...below]: Path): string {
  if (name === undefined || rules === true) return ''
  const { properties = {}, additionalProperties, items } = rules
  if (typeof name === 'number') return `/items${items ? placeIn(items, below) : ''}`
  const isOwn = Object.keys(properties).includes(name)
  const next = isOwn ? properties[name] : additionalProperties
  const place = isOwn ? `/properties${pointer([name])}` : '/additionalProperties'
  return `${place}${next ? placeIn(next, below) : ''}`
}
