import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { canInstall, installPackage } from './install.mjs'

/** A group of the JSON-Schema-Test-Suite: one schema, and values with whether they are valid. */
export interface SuiteGroup {
  readonly description: string
  readonly schema: object | boolean
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[]
}

/** The package of Debian that has it, and where it puts it. */
const PACKAGE = 'json-schema-test-suite'
const FOLDER = '/usr/share/json-schema-test-suite/tests/draft7'

/** The required tests of draft-07, by file. Undefined where they are not there and cannot be installed. */
export async function draft7Groups(): Promise<ReadonlyMap<string, readonly SuiteGroup[]> | undefined> {
  if (!existsSync(FOLDER) && (await canInstall())) await installPackage(PACKAGE)
  if (!existsSync(FOLDER)) return undefined
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))
  return new Map(
    files.map((name) => [name.replace('.json', ''), JSON.parse(readFileSync(join(FOLDER, name), 'utf8'))]),
  )
}
