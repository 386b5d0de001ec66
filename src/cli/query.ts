import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { type Command, InvalidArgumentError } from 'commander'
import type { Views } from '../intake/console/contract.ts'
import type { Queries } from '../intake/query/queries.ts'
import { resultTable } from './result-table.ts'
import { type StoredFlags, whereTheQueryWent, withQueries } from './stored-queries.ts'

interface QueryFlags extends StoredFlags {
  saved?: string
  views?: true
  csv?: true
  json?: true
}

const EXPLANATION = `
There is a view for each stream, with the columns of its schema: "shop.click", or shop_click without quotes. The view
events has what the events of all streams have in common, rejected those that were refused, raw each event as JSON.
Each event has a weight: 1 divided by the sampling rate that let it through.

Needs DuckDB, which is installed beside rivulet: npm install @duckdb/node-api

Examples:
  rivulet query "SELECT stream, count(*), sum(weight) FROM events GROUP BY stream"
  rivulet query --views
  rivulet query --saved top-pages --csv > top-pages.csv
  echo "DESCRIBE shop_click" | rivulet query -`

/** `rivulet query`: SQL over the stored events. */
export function addQueryCommand(program: Command): void {
  program
    .command('query')
    .description('ask the stored events in SQL')
    .argument('[sql]', 'one SELECT; - reads it from standard input')
    .option('--saved <name>', 'ask a query that was saved in the console')
    .option('--views', 'list what can be asked about')
    .option('--data <folder>', 'where the intake stores events', './rivulet-data')
    .option(
      '--schemas <folders...>',
      'schema folders, which say what columns there are (default: "./schemas", if it is there)',
    )
    .option('--csv', 'write the whole result as CSV')
    .option('--json', 'write the result as a JSON object')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

async function run(sql: string | undefined, flags: QueryFlags): Promise<void> {
  const asked = [sql !== undefined, flags.saved !== undefined, flags.views === true].filter(Boolean)
  if (asked.length !== 1)
    throw new InvalidArgumentError(
      `give one of: a query in SQL, - to read it from standard input, --saved, --views${asked.length === 0 ? whereTheQueryWent(flags) : ''}`,
    )
  await withQueries(flags, async (queries) => {
    if (flags.views) return write(viewsAs(flags, await queries.views()))
    const query = flags.saved === undefined ? await textOf(sql!) : queries.saved.get(flags.saved)
    await answer(queries, query, flags)
  })
}

async function answer(queries: Queries, sql: string, { csv, json }: QueryFlags): Promise<void> {
  if (csv) {
    const file = await queries.download(sql, 'csv')
    try {
      await pipeline(createReadStream(file.path), process.stdout, { end: false })
    } finally {
      await file.remove()
    }
    return
  }
  const result = await queries.ask(sql)
  if (json) return write(`${JSON.stringify(result)}\n`)
  const { rows, ms, truncated } = result
  // A plan is drawn.
  if (result.columns[0]?.name === 'explain_key') return write(`${rows.map((row) => row[1]).join('\n')}\n`)
  const count = `${rows.length.toLocaleString('en')} ${rows.length === 1 ? 'row' : 'rows'}`
  write(resultTable(result))
  write(`\n${truncated ? `the first ${count}; --csv writes all` : count}, ${ms.toLocaleString('en')} ms\n`)
}

function viewsAs({ json }: QueryFlags, views: Views): string {
  if (json) return `${JSON.stringify(views)}\n`
  return views.views
    .map(({ name, alias, columns }) => {
      const width = Math.max(...columns.map((column) => column.name.length))
      const lines = columns.map((column) => `  ${column.name.padEnd(width)}  ${column.type}\n`)
      return `${alias ? `"${name}", also ${alias}` : name}\n${lines.join('')}`
    })
    .join('\n')
}

async function textOf(sql: string): Promise<string> {
  if (sql !== '-') return sql
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk
  return text
}

const write = (text: string) => void process.stdout.write(text)
