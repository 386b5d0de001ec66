import { createContext, Script } from 'node:vm'
import { patternIn } from '../core/settings.ts'
import { troubleWith } from '../schema/lint/security.ts'

/** In ms. A pattern in its right mind takes microseconds. */
const LONGEST = 50

const script = new Script('pattern.test(name)')
const place = createContext({})
/** Entries whose pattern a name has made run for too long: they match nothing from then on. */
const tooSlow = new Set<string>()

/**
 * Whether a name matches the pattern that an entry of a stream config is; undefined where the entry is none. Names come
 * from anyone, so one that backtracks for long is stopped, and not asked again.
 */
export function guardedPattern(entry: string): ((name: string) => boolean) | undefined {
  const pattern = patternIn(entry)
  if (!pattern) return undefined
  if (!troubleWith(pattern.source)) return (name) => pattern.test(name)
  return (name) => {
    if (tooSlow.has(entry)) return false
    try {
      return script.runInContext(Object.assign(place, { pattern, name }), { timeout: LONGEST })
    } catch {
      tooSlow.add(entry)
      return false
    }
  }
}
