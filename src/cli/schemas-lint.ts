import { dirname } from 'node:path'
import type { Command } from 'commander'
import { OWN_SCHEMAS } from '../intake/package-files.ts'
import { COMPAT_RULES } from '../schema/compat/check-compat.ts'
import { LINT_RULES, lint } from '../schema/lint/lint.ts'
import { SchemaError } from '../schema/schema-error.ts'
import { findUnmaterialized } from '../schema/lint/unmaterialized.ts'
import { count, printFindings } from './findings.ts'

interface LintFlags {
  rules?: true
  json?: true
}

const EXPLANATION = `
Each finding is a line: file, line, what is wrong and what to do about it, and the rule's name. A rule is switched
off for paths of a folder in its rivulet-schemas.yaml, such as for versions that are published and cannot change:

  off:
    snake-case: [analytics/legacy]
    examples-valid: [shop/click/1.0.0.json]

A $ref is looked up in the folders named here, then in those of "repositories" in rivulet-schemas.yaml, then in what
comes with Rivulet; in repositories on the web only to see whether the versions are what current makes.

Exit code: 0 where nothing is found, 1 where something is, 2 where that cannot be told.

Examples:
  rivulet schemas lint ./schemas
  rivulet schemas lint ./schemas --json
  rivulet schemas lint --rules`

/** `rivulet schemas lint`: what in schema folders breaks the family's conventions. */
export function addLintCommand(schemas: Command): void {
  schemas
    .command('lint')
    .description('check schema folders by the conventions of the family')
    .argument('[folders...]', 'the schema folders')
    .option('--rules', 'list the rules, each with its reason, and check nothing')
    .option('--json', 'write the findings as a JSON object')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

async function run(folders: readonly string[], { rules, json }: LintFlags): Promise<void> {
  if (rules) return printRules(json)
  if (folders.length === 0) throw new SchemaError('name the schema folders to check, such as ./schemas')
  const { findings, schemas } = lint(folders, { ownSchemas: OWN_SCHEMAS, otherRules: COMPAT_RULES })
  // A title with something wrong in it is to be materialized anyway.
  const wrong = new Set(findings.map(({ file }) => dirname(file)))
  const unmaterialized = (await findUnmaterialized(folders, { own: [OWN_SCHEMAS] })).filter(
    ({ file }) => !wrong.has(dirname(file)),
  )
  printFindings([...findings, ...unmaterialized], { json, checked: count(schemas, 'schema') })
}

function printRules(json: true | undefined): void {
  const rules = LINT_RULES.map(({ name, reason }) => ({ name, reason }))
  const widest = Math.max(...rules.map(({ name }) => name.length))
  const lines = rules.map(({ name, reason }) => `${name.padEnd(widest)}  ${reason}\n`)
  process.stdout.write(json ? `${JSON.stringify({ rules })}\n` : lines.join(''))
}
