import { basename } from 'node:path'
import type { Command } from 'commander'
import { checkCompat } from '../schema/compat/check-compat.ts'
import type { NotCompared } from '../schema/compat/not-compared.ts'
import { inOrder } from '../schema/finding.ts'
import { count, printFindings } from './findings.ts'

/** The exit code where something was found. */
const FOUND = 1

interface CompatFlags {
  against?: string
  json?: true
}

const EXPLANATION = `
Each version (X.Y.Z.json, else .yaml) is compared with the one before it of the same major version. It may change:

  $id, description, examples   as you like
  enum                         may grow, never shrink
  required                     keeps its names; a schema without "required" may get one
  new properties and keywords  pass, also a keyword that narrows what was free

All else has to be as it was: no property, type, format, bound, pattern or title goes or changes, "required" neither
grows nor shrinks. A finding says what broke, and for whom: readers consume stored events, and the tables and types
made for them; producers submit as the older version says. A break calls for a new major version, which the finding
names; one that is history can only be switched off, in rivulet-schemas.yaml:

  off: { compatible: [shop/click/1.1.0.json] }

With --against, versions that the revision has must be in the work tree, with the same content: published versions never
change (rule "published"). Only versions it does not have are compared; without any, nothing is. Files that are not
committed count. CI needs the revision and so the history: check out with fetch-depth: 0.

A version that stands only in current.yaml is not compared: a note says so (in JSON, not_compared). Materialize it first.

Exit code: 0 where nothing is found, 1 where something is, 2 where that cannot be told.

Examples:
  rivulet schemas compat ./schemas
  rivulet schemas compat ./schemas --against origin/main --json`

/** `rivulet schemas compat`: whether each version of a schema can be read and produced like the one before. */
export function addCompatCommand(schemas: Command): void {
  schemas
    .command('compat')
    .description('tell which versions break the one before, what, and for whom')
    .argument('[folders...]', 'the schema folders', ['./schemas'])
    .option('--against <rev>', 'compare the work tree with a git revision: a branch, a tag, a commit')
    .option('--json', 'write the findings as a JSON object')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

function run(folders: readonly string[], { against, json }: CompatFlags): void {
  const reports = folders.map((folder) => checkCompat(folder, { against }))
  const compared = reports.reduce((sum, report) => sum + report.compared, 0)
  const findings = reports.flatMap((report) => report.findings)
  const notCompared = reports.flatMap((report) => report.notCompared)
  const checked = `${count(compared, 'version')} compared with the one before`
  if (json) {
    const report = { checked, findings: inOrder(findings), not_compared: notCompared }
    process.stdout.write(`${JSON.stringify(report)}\n`)
    if (findings.length > 0) process.exitCode = FOUND
    return
  }
  for (const each of notCompared) process.stdout.write(`${inWords(each)}\n`)
  printFindings(findings, { checked })
}

function inWords({ title, file, version }: NotCompared): string {
  return `${title}: ${basename(file)} is ${version}, which is not materialized and so not compared`
}
