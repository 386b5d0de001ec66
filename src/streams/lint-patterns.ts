import { patternIn } from '../core/settings.ts'
import { troubleWith } from '../schema/lint/security.ts'
import type { LintedStream, Problem } from './linted-config.ts'

/** Names that begin like a pattern: what JavaScript cannot read or reads otherwise, what is not safe, what is never asked. */
export function patternProblems(streams: readonly LintedStream[]): Problem[] {
  const patterns = streams.filter(({ name }) => name.startsWith('/'))
  return patterns.flatMap((stream, index) => {
    const { name, pointer } = stream
    const trouble = troubleIn(name) ?? shadowed(name, patterns.slice(0, index))
    return trouble ? [{ rule: 'pattern', pointer, message: `the pattern ${name} ${trouble}` }] : []
  })
}

const NONE = 'so that it stands for no stream'

function troubleIn(name: string): string | undefined {
  const [, source = '', flags = ''] = /^\/(.*)\/(\w*)$/s.exec(name) ?? []
  if (!source) return `has no closing "/", ${NONE}; write /^shop\\./, or a name without "/" in front`
  const foreign = flags.replace(/[imsu]/g, '')
  if (foreign)
    return `has the flag ${foreign}, which JavaScript does not have in PCRE's meaning, ${NONE}; do without`
  const misread = MISREAD.find(({ syntax }) => syntax.test(source))
  if (misread) return `has ${misread.words}, which JavaScript does not read as PCRE does; write it without`
  if (patternIn(name)) return troubleWith(source)
  const unread = UNREAD.find(({ syntax }) => syntax.test(source))
  return `is none that JavaScript can read, ${NONE}; ${unread ? `do without ${unread.words}, which only PCRE has` : 'correct it'}`
}

interface Foreign {
  readonly syntax: RegExp
  readonly words: string
}

/** What JavaScript takes for plain letters, at least in some browsers. */
const MISREAD: readonly Foreign[] = [
  { syntax: /(?<!\\)(?:\\\\)*\\[AzZGQEKhHRXNae]/, words: 'an escape such as \\A or \\z' },
  { syntax: /\[\[:\w+:\]/, words: 'a class such as [[:alpha:]]' },
  { syntax: /\(\?[imsxUJ-]+:/, words: 'a flag within, such as (?i:)' },
]

/** What JavaScript refuses. */
const UNREAD: readonly Foreign[] = [
  { syntax: /\(\?[imsxUJ-]+\)/, words: 'a flag within, such as (?i)' },
  { syntax: /\(\?P[<=>]/, words: 'a group such as (?P<name>)' },
  { syntax: /\(\?[>|#]/, words: 'a group such as (?>)' },
  { syntax: /[*+?}]\+/, words: 'a repetition such as a++' },
]

/** Only what surely never matches first: an earlier pattern that takes all names which begin alike. */
function shadowed(name: string, earlier: readonly LintedStream[]): string | undefined {
  const start = startOf(name)
  const shadow = earlier.find((other) => {
    const { literal, isOpen, ignoresCase } = startOf(other.name)
    if (!isOpen || (start.ignoresCase && !ignoresCase && literal)) return false
    const fold = (text: string) => (ignoresCase ? text.toLowerCase() : text)
    return fold(start.literal).startsWith(fold(literal))
  })
  return (
    shadow &&
    `is never asked, since ${shadow.name} comes before it and takes all that it would; put it in front`
  )
}

interface Start {
  /** What every name that matches begins with. */
  readonly literal: string
  /** Whether all names that begin so match. */
  readonly isOpen: boolean
  readonly ignoresCase: boolean
}

function startOf(name: string): Start {
  const { source = 'none', flags = '' } = patternIn(name) ?? {}
  const ignoresCase = flags.includes('i')
  if (/^\^?(\.\*)?\$?$/.test(source) && source !== '^$') return { literal: '', isOpen: true, ignoresCase }
  if (!source.startsWith('^') || source.includes('|')) return { literal: '', isOpen: false, ignoresCase }
  // A letter before a repetition may be there or not.
  const [start = ''] = /^(?:\\[^\w]|[\w\-:/ ])*/.exec(source.slice(1)) ?? []
  const rest = source.slice(1 + start.length)
  const sure = /^[?*{]/.test(rest) ? start.replace(/(\\.|[^\\])$/, '') : start
  return { literal: sure.replace(/\\(.)/g, '$1'), isOpen: /^(\.\*\$?)?$/.test(rest), ignoresCase }
}
