import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { readConfig } from '../config.ts'
import type { Finding } from '../finding.ts'
import { differences } from '../differences.ts'
import { materializeFolders } from '../materialize/materialize-folders.ts'
import { parseSchema, readSchemaFile } from '../schema-file.ts'
import type { FileToWrite } from '../write-files.ts'

/** The rule of a schema repository that needs all others to be looked up: it is kept where materializing has nothing to do. */
export const MATERIALIZED = {
  name: 'materialized',
  reason:
    'Events are judged by the versions, and people read and edit current; so the two must say the same.',
}

/**
 * A finding for each title whose versions are not what its current schema makes. Where a schema cannot be materialized, nothing
 * is said of it: that is a finding of other rules. Throws a SchemaError where a folder is missing.
 */
export async function findUnmaterialized(
  folders: readonly string[],
  options: { readonly own: readonly string[] },
): Promise<Finding[]> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const others = folders.filter((other) => other !== folder)
      const { files, findings } = await materializeFolders([folder], { own: [...others, ...options.own] })
      const config = readConfig(folder)
      const isOn = ({ rule, file }: Finding) => config.isOn(rule, file)
      const changed = findings.filter(({ rule }) => rule === 'published')
      const stale = files.filter(saysOtherwise).map(({ path }) => path)
      const titles = [...new Set(stale.map(dirname))]
      return [...changed, ...titles.map((title) => findingFor(title, stale))].filter(isOn)
    }),
  )
  return found.flat()
}

/** How a file is written is no matter, nor what is a link. */
function saysOtherwise(file: FileToWrite): boolean {
  if ('linkTo' in file) return false
  return (
    !existsSync(file.path) ||
    differences(readSchemaFile(file.path), parseSchema(file.path, file.text)).length > 0
  )
}

function findingFor(title: string, stale: readonly string[]): Finding {
  const names = stale.filter((path) => dirname(path) === title).map((path) => basename(path))
  const current = ['yaml', 'yml', 'json'].map((ending) => join(title, `current.${ending}`))
  return {
    rule: MATERIALIZED.name,
    file: current.find((path) => existsSync(path)) ?? title,
    line: 1,
    pointer: '',
    message: `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} not there, or not what it makes; run rivulet schemas materialize`,
    reason: MATERIALIZED.reason,
  }
}
