import type { Command } from 'commander'
import { addCompatCommand } from './schemas-compat.ts'
import { addMaterializeCommand } from './schemas-materialize.ts'
import { addNewCommand } from './schemas-new.ts'
import { addLintCommand } from './schemas-lint.ts'

const LAYOUT = `
A schema folder holds <area>/<name>/current.yaml, which you edit, and beside it what "materialize" makes of it:
X.Y.Z.json, the versions that events name, and latest.json. Settings stand in rivulet-schemas.yaml in that folder:
where a $ref is looked up besides it (repositories), and which rules do not hold below which paths (off).`

/** `rivulet schemas …`: the tools of a schema repository. */
export function addSchemasCommand(program: Command): void {
  const schemas = program
    .command('schemas')
    .description('keep a repository of event schemas: lint, materialize, compare versions, begin a new one')
    .addHelpText('after', LAYOUT)
  addNewCommand(schemas)
  addLintCommand(schemas)
  addMaterializeCommand(schemas)
  addCompatCommand(schemas)
}
