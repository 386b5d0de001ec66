import { existsSync } from 'node:fs'
import { copyFile, rename, rm } from 'node:fs/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { IntakeError } from '../intake/intake-error.ts'
import { quoted } from '../intake/query/columns.ts'
import type { FileFormat } from '../intake/query/queries.ts'
import { type StoredFlags, whereTheQueryWent, withQueries } from './stored-queries.ts'

interface ExportFlags extends StoredFlags {
  stream?: string
  parquet?: string
  csv?: string
  force?: true
  json?: true
}

const EXPLANATION = `
Needs DuckDB, which is installed beside rivulet: npm install @duckdb/node-api

Examples:
  rivulet export --stream shop.click --parquet clicks.parquet
  rivulet export "SELECT day, sum(weight) AS n FROM shop_click GROUP BY day" --csv clicks.csv`

/** `rivulet export`: stored events, or what a query makes of them, in a file. */
export function addExportCommand(program: Command): void {
  program
    .command('export')
    .description('write stored events, or what a query makes of them, to a file')
    .argument('[sql]', 'one SELECT (default: all events of --stream)')
    .option('--stream <name>', 'all events of this stream')
    .option('--parquet <file>', 'write Parquet')
    .option('--csv <file>', 'write CSV')
    .option('--force', 'overwrite the file')
    .option('--data <folder>', 'where the intake stores events', './rivulet-data')
    .option(
      '--schemas <folders...>',
      'schema folders, which say what columns there are (default: "./schemas", if it is there)',
    )
    .option('--json', 'write what was written as a JSON object')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

async function run(sql: string | undefined, flags: ExportFlags): Promise<void> {
  if ((sql === undefined) === (flags.stream === undefined))
    throw new InvalidArgumentError(
      `give either a query in SQL or --stream${sql === undefined ? whereTheQueryWent(flags) : ''}`,
    )
  const [target, more] = targetsIn(flags)
  if (!target || more)
    throw new InvalidArgumentError('give either --parquet or --csv, with the file to write')
  if (existsSync(target.path) && !flags.force)
    throw new IntakeError(`${target.path}: is there already; name another file, or add --force`)

  const bytes = await withQueries(flags, async (queries) => {
    const names = (await queries.views()).views.map(({ name }) => name)
    if (flags.stream !== undefined && !names.includes(flags.stream))
      throw new IntakeError(
        `${flags.data}: nothing is stored of stream ${flags.stream}; here are ${names.join(', ')}`,
      )
    const written = await queries.download(sql ?? `FROM ${quoted(flags.stream!)}`, target.format)
    try {
      await place(written.path, target.path)
      return written.bytes
    } finally {
      await written.remove()
    }
  })
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ file: target.path, bytes })}\n`
      : `${target.path}: ${bytes.toLocaleString('en')} bytes\n`,
  )
}

function targetsIn({ parquet, csv }: ExportFlags): { path: string; format: FileFormat }[] {
  return [
    ...(parquet === undefined ? [] : [{ path: parquet, format: 'parquet' as const }]),
    ...(csv === undefined ? [] : [{ path: csv, format: 'csv' as const }]),
  ]
}

/** Whole or not at all: a copy may fail half-way. */
async function place(from: string, path: string): Promise<void> {
  const part = `${path}.${process.pid}.part`
  try {
    await copyFile(from, part)
    await rename(part, path)
  } catch (cause) {
    await rm(part, { force: true })
    throw new IntakeError(`${path}: cannot be written (${(cause as Error).message}); name another`, { cause })
  }
}
