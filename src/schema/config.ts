import { existsSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { READABLE } from './finding.ts'
import { SchemaError } from './schema-error.ts'
import { readSchemaFile } from './schema-file.ts'

/** What `rivulet-schemas.yaml` in a schema folder says of it. */
export interface SchemaConfig {
  /** Where a `$ref` is looked up beside the folder itself, in this order: folders and http URLs. */
  readonly repositories: readonly string[]
  /** Whether a rule holds for a file of the folder, by the path at which it was found. */
  isOn(rule: string, file: string): boolean
}

/** The name of the file. */
export const CONFIG_FILE = 'rivulet-schemas.yaml'

/**
 * Reads the config of a schema folder; without one, every rule holds. In the file, `repositories` is a list of
 * folders (relative to the file) and URLs, and `off` has for a rule's name the paths below which it does not hold:
 * folders, or single files. Throws a SchemaError that says what cannot be used; a rule's name is checked by whoever
 * knows the rules.
 */
export function readConfig(folder: string, rules?: readonly string[]): SchemaConfig {
  const file = join(folder, CONFIG_FILE)
  const { repositories = [], off = {}, ...others } = existsSync(file) ? readSchemaFile(file) : {}
  const wrong = (what: string) => new SchemaError(what, { place: { file } })

  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw wrong(`"${unknown}" is no setting; there are "repositories" and "off"`)
  if (!isListOfText(repositories)) throw wrong('"repositories" is to be a list of folders and URLs')
  if (typeof off !== 'object' || off === null || Array.isArray(off))
    throw wrong('"off" is to have lists of paths, by rule')
  const paths = new Map<string, readonly string[]>()
  for (const [rule, value] of Object.entries(off)) {
    if (rule === READABLE.name)
      throw wrong(`"off" names ${rule}; a file that cannot be read is to be corrected or removed`)
    if (rules && !rules.includes(rule))
      throw wrong(`"off" names the rule ${rule}; there are ${rules.join(', ')}`)
    if (!isListOfText(value)) throw wrong(`"off" has to have a list of paths for ${rule}; "." is all of them`)
    if (value.includes('')) throw wrong(`"off" has an empty path for ${rule}; "." is all of them`)
    paths.set(rule, value.map(trimmed))
  }

  return {
    repositories: repositories.map((place) => (/^https?:/.test(place) ? place : resolve(folder, place))),
    isOn(rule, file) {
      const path = relative(folder, file).split(sep).join('/')
      return !(paths.get(rule) ?? []).some((off) => off === '.' || off === path || path.startsWith(`${off}/`))
    },
  }
}

const trimmed = (path: string) => path.replace(/^\.\/|\/$/g, '') || '.'
const isListOfText = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')
