import type { Redact } from '../core/options.ts'

export type { Redact } from '../core/options.ts'

/** What is to be taken out. */
export interface RedactOptions {
  /**
   * Of fields, the names from the event down with dots between them: `customer.email`. `*` stands for any name, and a
   * path goes for each element of a list, with or without a `*` for it: `items.note` as `items.*.note`. The context value
   * `page_title` is the field `page.title`. `id`, `stream` and `producer` in `meta` stay, whatever the paths.
   */
  readonly paths?: readonly string[]
  /**
   * Of URLs, in whichever text they stand: names of parameters in the query and the fragment, upper case or lower,
   * percent-encoded or not, also in a URL that is a parameter of another. The value goes up to the next `&`, `#` or space.
   */
  readonly urlParameters?: readonly string[]
  /**
   * A text in place of each text that is taken out, for schemas that require one. Default: the field is not there, the
   * parameter has no value, and nothing stands before the `@`.
   */
  readonly replacement?: string
}

/**
 * For `createClient({ redact })`: takes fields, the values of URL parameters, and the `user:password@` of URLs out of each
 * event before anything is stored. Throws a TypeError where nothing is to be taken out.
 */
export function createRedact({ paths = [], urlParameters = [], replacement }: RedactOptions): Redact {
  if (!paths.length && !urlParameters.length)
    throw new TypeError('createRedact: nothing to take out; wanted: paths or urlParameters')
  // Below such a field, too: context values come without the object that they are to be in.
  const taken = new RegExp(`^(?!meta(\n(id|stream|producer)(\n|$)|$))(${oneOf(paths.map(fieldsAt))})(\n|$)`)
  const names = oneOf(urlParameters.map((name) => [...name].map(written).join('')))
  const parameter = new RegExp(
    `((^|${anyOf('?&#;')})(${names})(${written('[')}[^=&#\\s]{0,99})?${written('=')})[^&#\\s]*`,
    'gi',
  )
  // From the slashes to the last `@` before a path.
  const login = new RegExp(`(${written('/')}{2})((?!${anyOf('/?#')})\\S)*(?=${written('@')})`, 'gi')
  const value = encodeURIComponent(replacement ?? '')

  const empty = (_: string, start: string) => start + value
  const clean = (text: string) =>
    // Most texts are nowhere near a URL with something in it.
    /[=%@\\]/.test(text) ? text.replace(login, empty).replace(parameter, empty) : text

  function left(found: unknown, path = '', areValues?: boolean): unknown {
    if (typeof found === 'string') return clean(found)
    if (typeof found !== 'object' || !found) return found
    const fields = Object.entries(found).flatMap(([key, field]): (readonly [string, unknown])[] => {
      const name = clean(key)
      const level = name.replace(/\n/g, ' ')
      const at = path + (areValues ? level.replace('_', '\n') : level)
      if (!taken.test(at)) return [[name, left(field, `${at}\n`)]]
      return replacement !== undefined && typeof field === 'string' ? [[name, replacement]] : []
    })
    return Array.isArray(found) ? fields.map(([, field]) => field) : Object.fromEntries(fields)
  }

  // As it is stored: with that, the caller's own is not touched, and what has a `toJSON` is what it says.
  return (fields, areValues) => left(JSON.parse(JSON.stringify(fields)), '', areValues) as typeof fields
}

/** Matches nothing where there is nothing to choose from. */
const oneOf = (patterns: readonly string[]) => patterns.join('|') || '(?!)'

/** Of the keys down to a field, with line breaks between them; a key may have dots itself. */
function fieldsAt(path: string): string {
  return path
    .split('.')
    .map((name) => (/^(\*|\d+)$/.test(name) ? '[^\n]+' : literal(name)))
    .join('(\n\\d+)*[.\n]')
}

const literal = (text: string) => text.replace(/\W/g, '\\$&')

/** The ways to write a character in a URL, within others and within JSON too: as it is, `%74`, `%2574`, `\u0074`. */
function written(character: string): string {
  const coded = [character.toLowerCase(), character.toUpperCase()].map((text) =>
    [...new TextEncoder().encode(text)]
      .map((byte) => `(%(25)*|\\\\u00)${byte.toString(16).padStart(2, '0')}`)
      .join(''),
  )
  return `(${oneOf([literal(character), ...coded])})`
}

const anyOf = (characters: string) => oneOf([...characters].map(written))
