import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { OWN_SCHEMAS } from '../intake/package-files.ts'
import { type Finding, findingOf } from '../schema/finding.ts'
import { openSchemaRepository } from '../schema/repository.ts'
import { SchemaError } from '../schema/schema-error.ts'
import { readConfigFile } from '../streams/config-file.ts'
import { LINT_RULES, lint } from '../streams/lint.ts'
import type { Schemas } from '../streams/lint-schemas.ts'
import { count, printFindings } from './findings.ts'

interface LintFlags {
  schemas?: string[]
  rules?: true
  json?: true
}

const SCHEMAS = './schemas'

const EXPLANATION = `
Each finding is a line: file, line, what is wrong and what to do about it, and the rule's name. Files are JSON or YAML:
{ "streams": { NAME: settings } }, the bare map of streams, or an answer of EventStreamConfig's API, defaults merged in.

Settings that are not known are warned about, not refused, since clients pass them over and others may read them: where
there are only warnings, the exit code is 0.

Schema titles are looked up in the folders of --schemas, or ./schemas where that is there, and in Rivulet's own; without
such a folder only titles of Rivulet's own are.

Exit code: 0 where nothing is found or only warnings, 1 where something is wrong, 2 where that cannot be told.

Examples:
  rivulet streams lint streams.json
  rivulet streams lint *.yaml --schemas ./schemas ../common/schemas --json
  rivulet streams lint --rules`

/** `rivulet streams lint`: what in stream configs clients cannot use, or take otherwise than it looks. */
export function addStreamsLintCommand(streams: Command): void {
  streams
    .command('lint')
    .description('check stream configs')
    .argument('[files...]', 'stream configs', ['./streams.json'])
    .option('--schemas <folders...>', `schema folders, searched in this order (default: ${SCHEMAS})`)
    .option('--rules', 'list the rules, each with its reason, and check nothing')
    .option('--json', 'write the findings as a JSON object')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

function run(files: readonly string[], { schemas: named, rules, json }: LintFlags): void {
  if (rules) return printRules(json)
  const folders = named ?? (existsSync(SCHEMAS) ? [SCHEMAS] : [])
  const schemas: Schemas = {
    repository: openSchemaRepository([...folders, OWN_SCHEMAS]),
    isComplete: folders.length > 0,
  }
  const findings = files.flatMap((file) => findingsIn(file, schemas))
  printFindings(findings, { json, checked: count(files.length, 'stream config') })
}

/** What cannot be parsed is a finding; a file that is not there is a mistake of the call. */
function findingsIn(file: string, schemas: Schemas): Finding[] {
  if (!existsSync(file)) throw new SchemaError('is not there; name an existing file', { place: { file } })
  try {
    return lint(readConfigFile(file), schemas)
  } catch (error) {
    return [findingOf(error, { file })]
  }
}

function printRules(json: true | undefined): void {
  const rules = Object.entries(LINT_RULES).map(([name, reason]) => ({ name, reason }))
  const widest = Math.max(...rules.map(({ name }) => name.length))
  const lines = rules.map(({ name, reason }) => `${name.padEnd(widest)}  ${reason}\n`)
  process.stdout.write(json ? `${JSON.stringify({ rules })}\n` : lines.join(''))
}
