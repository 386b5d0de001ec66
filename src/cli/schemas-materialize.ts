import type { Command } from 'commander'
import { OWN_SCHEMAS } from '../intake/package-files.ts'
import { type Materialized, materializeFolders } from '../schema/materialize/materialize-folders.ts'
import { writeFiles } from '../schema/write-files.ts'
import { count, printFindings } from './findings.ts'

const EXPLANATION = `
For each <area>/<name>/current.yaml it writes X.Y.Z.json, the version that its "$id" names, and latest.json:

  $ref    what it leads to stands in its place: /title/X.Y.Z# is looked up in the folders, then in the repositories
          of rivulet-schemas.yaml (folders, and http(s) URLs), then in Rivulet's own schemas; #/definitions/x is a part
          of the schema itself
  allOf   is merged: fields and what is required are united, the tighter limits hold
  bounds  every integer and number without them gets minimum and maximum, ±9007199254740991

The same schemas give the same files, byte for byte. Where the folder has X.Y.Z.yaml, or links without an ending, it
keeps them up, too.

A version is published once git's HEAD has it (outside of git: once it is there), and is never rewritten: raise the
version in "$id" instead. Where anything is found wrong, nothing is written at all.

Exit code: 0 where all is written, 1 where something is found wrong, 2 where that cannot be told.

Examples:
  rivulet schemas materialize
  rivulet schemas materialize ./schemas ./more-schemas --json`

/** `rivulet schemas materialize`: writes the versions of the current schemas. */
export function addMaterializeCommand(schemas: Command): void {
  schemas
    .command('materialize')
    .description('write the versions that the current schemas describe, complete and without references')
    .argument('[folders...]', 'schema folders', ['./schemas'])
    .option('--json', 'write what was done as a JSON object')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

async function run(folders: string[], { json }: { json?: true }): Promise<void> {
  const materialized = await materializeFolders(folders, { own: [OWN_SCHEMAS] })
  const { findings, files, kept, schemas } = materialized
  const checked = count(schemas, 'schema')
  // Half a repository would be committed as if it were whole.
  if (findings.length > 0) return printFindings(findings, { json, checked })

  writeFiles(files)
  const written = files.map(({ path }) => path)
  process.stdout.write(
    json ? `${JSON.stringify({ checked, findings, written, kept })}\n` : inWords(materialized),
  )
}

function inWords({ files, kept }: Materialized): string {
  const lines = files.map(({ path }) => `wrote ${path}`)
  if (kept.length > 0)
    lines.push(`kept ${count(kept.length, 'file')} as published, which say the same in another format`)
  if (files.length === 0) lines.push('nothing to do')
  return `${lines.join('\n')}\n`
}
