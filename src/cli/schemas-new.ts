import type { Command } from 'commander'
import { beginSchema, streamOf } from '../schema/materialize/new-schema.ts'

const EXPLANATION = `
Asks nothing. It writes <dir>/<area>/<name>/current.yaml, version 1.0.0 of a schema on the fragment that all events
share, with a field and an example to replace. What is there already is not touched.

Exit code: 0 where it is written, 2 where it cannot be.

Examples:
  rivulet schemas new shop/click
  rivulet schemas new shop/basket/change --dir ./my-schemas`

interface NewFlags {
  dir: string
  json?: true
}

/** `rivulet schemas new`: begins a schema. */
export function addNewCommand(schemas: Command): void {
  schemas
    .command('new')
    .description('begin a schema: writes a first current.yaml to edit')
    .argument('<title>', 'area and name, in lower snake_case: shop/click')
    .option('--dir <folder>', 'the schema folder', 'schemas')
    .option('--json', 'write the path as a JSON object')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

function run(title: string, { dir, json }: NewFlags): void {
  const path = beginSchema(dir, title)
  process.stdout.write(json ? `${JSON.stringify({ written: [path] })}\n` : inWords(path, title, dir))
}

const inWords = (path: string, title: string, dir: string) =>
  `wrote ${path}

Next:
  1. edit it: its description, fields and example
  2. rivulet schemas materialize ${dir}
  3. rivulet schemas lint ${dir}
  4. name the schema in streams.json: { "streams": { "${streamOf(title)}": { "schema_title": "${title}" } } }
  5. rivulet generate --schemas ${dir} --out src/generated
`
