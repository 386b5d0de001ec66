import { basename, dirname, relative, sep } from 'node:path'
import { readConfig } from './config.ts'
import type { Finding } from './finding.ts'
import { materializeFolders } from './materialize-folders.ts'

/** The rule of a schema repository that needs all others to be looked up: it is kept where materializing has nothing to do. */
export const MATERIALIZED = {
  name: 'materialized',
  reason:
    'Events are judged by the versions, and people read and edit current; so the two must say the same.',
}

/**
 * Files that are not what their title's current schema makes, by path. Where a schema cannot be materialized, nothing
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
      const isOn = ({ file }: Finding) =>
        config.isOn(MATERIALIZED.name, relative(folder, file).split(sep).join('/'))
      return [...findings.filter(({ rule }) => rule === 'published'), ...files.map(findingFor)].filter(isOn)
    }),
  )
  return found.flat()
}

function findingFor({ path }: { path: string }): Finding {
  return {
    rule: MATERIALIZED.name,
    file: path,
    line: 1,
    pointer: '',
    message: `is missing, or is not what current makes; run rivulet schemas materialize, and commit ${basename(dirname(path))}/${basename(path)}`,
    reason: MATERIALIZED.reason,
  }
}
