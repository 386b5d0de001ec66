import type { Command } from 'commander'
import { OWN_SCHEMAS } from '../intake/package-files.ts'
import { LINT_RULES, lint } from '../schema/lint/lint.ts'
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

The version that current.yaml makes is checked before it is written; what is wrong with it is said of current.yaml. In a
git repository, a version that HEAD has and the work tree has changed is a finding, too.

A $ref is looked up in the folders named here, then in those of "repositories" in rivulet-schemas.yaml, then in what
comes with Rivulet; in repositories on the web only to see whether the versions are what current makes.

Exit code: 0 where nothing is found, 1 where something is, 2 where that cannot be told.

Examples:
  rivulet schemas lint
  rivulet schemas lint ./schemas --json
  rivulet schemas lint --rules`

/** `rivulet schemas lint`: what in schema folders breaks the family's conventions. */
export function addLintCommand(schemas: Command): void {
  schemas
    .command('lint')
    .description('check schema folders by the conventions of the family')
    .argument('[folders...]', 'schema folders', ['./schemas'])
    .option('--rules', 'list the rules, each with its reason, and check nothing')
    .option('--json', 'write the findings as a JSON object')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

async function run(folders: readonly string[], { rules, json }: LintFlags): Promise<void> {
  if (rules) return printRules(json)
  const { findings, files } = await lint(folders, { own: [OWN_SCHEMAS] })
  printFindings(findings, { json, checked: count(files, 'schema file') })
}

function printRules(json: true | undefined): void {
  const rules = LINT_RULES.map(({ name, reason }) => ({ name, reason }))
  const widest = Math.max(...rules.map(({ name }) => name.length))
  const lines = rules.map(({ name, reason }) => `${name.padEnd(widest)}  ${reason}\n`)
  process.stdout.write(json ? `${JSON.stringify({ rules })}\n` : lines.join(''))
}
