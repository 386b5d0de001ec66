import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { QueryResult } from '../console/contract.ts'
import { checkedSelect } from './checked-select.ts'
import { literal, quoted } from './columns.ts'
import { QueryError } from './query-error.ts'
import { asJson } from './values.ts'
import { type StoredStream, type View, viewsOf } from './views.ts'

/** A query, and all that it may touch. */
export interface QueryRequest {
  readonly sql: string
  readonly streams: readonly StoredStream[]
  readonly limits: Limits
  /** Where to write the result, instead of answering it. */
  readonly file?: { readonly path: string; readonly format: FileFormat }
}

export type FileFormat = 'csv' | 'parquet'

/** What a query may take. */
export interface Limits {
  readonly seconds: number
  readonly megabytes: number
  readonly threads: number
  /** Shown of a result. */
  readonly rows: number
  /** Of a result as JSON. */
  readonly resultBytes: number
  /** Of a file that is downloaded. */
  readonly fileBytes: number
}

const FILE_OPTIONS: { readonly [Format in FileFormat]: string } = {
  csv: 'FORMAT csv, HEADER true',
  parquet: 'FORMAT parquet, COMPRESSION zstd',
}

/**
 * Answers one query, from the views alone. The process has the data folder as its working directory: views name files
 * by their path in it, whatever its own path holds. Rejects with a QueryError that says what is wrong with the query.
 */
export async function runQuery({ sql, streams, limits, file }: QueryRequest): Promise<QueryResult> {
  const began = performance.now()
  // Nothing is left of a query for the next one, and each finds the files of its time.
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(limits.threads),
    memory_limit: `${limits.megabytes}MB`,
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  try {
    const connection = await instance.connect()
    const { statement, mayName } = await checkedSelect(connection, sql)
    // Each costs a look at each of its files.
    await createViews(connection, viewsOf(streams).filter(mayName))
    await shutIn(connection, {
      paths: [...streams.flatMap(({ files }) => files), ...(file ? [file.path] : [])],
    })
    const result = file ? await write(connection, statement, file) : await read(connection, statement, limits)
    return { ...result, ms: Math.round(performance.now() - began) }
  } catch (error) {
    if (error instanceof QueryError) throw error
    throw new QueryError(told((error as Error).message, streams), { cause: error })
  } finally {
    instance.closeSync()
  }
}

/** Views over the files of the working directory. */
export async function createViews(connection: DuckDBConnection, views: readonly View[]): Promise<void> {
  for (const { name, alias, sql } of views) {
    await connection.run(`CREATE VIEW ${quoted(name)} AS ${sql}`)
    // Not as a view of a view, for which DuckDB would look at all files again.
    if (alias) await connection.run(`CREATE VIEW ${quoted(alias)} AS ${sql}`)
  }
}

/** From here on, there are no other files than these, and no way back. */
export async function shutIn(
  connection: DuckDBConnection,
  { paths }: { paths: readonly string[] },
): Promise<void> {
  await connection.run("SET TimeZone = 'UTC'")
  await connection.run(`SET allowed_paths = [${paths.map(literal).join(', ')}]`)
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
}

type Answer = Omit<QueryResult, 'ms'>

async function write(
  connection: DuckDBConnection,
  statement: string,
  { path, format }: NonNullable<QueryRequest['file']>,
): Promise<Answer> {
  if (/^\s*EXPLAIN\b/i.test(statement))
    throw new QueryError('an explanation is no file; ask for it without one')
  // What describes is no subquery of COPY, but one of FROM. The line break ends a comment.
  const isDescribing = /^\s*(DESC|DESCRIBE|SHOW|SUMMARIZE)\b/i.test(statement)
  const select = isDescribing ? `FROM (${statement}\n)` : statement
  await connection.run(`COPY (${select}\n) TO ${literal(path)} (${FILE_OPTIONS[format]}, USE_TMP_FILE false)`)
  return { columns: [], rows: [], truncated: false }
}

async function read(
  connection: DuckDBConnection,
  statement: string,
  { rows: mostRows, resultBytes }: Limits,
): Promise<Answer> {
  const result = await connection.stream(statement)
  const types = result.columnTypes()
  const columns = result.columnNames().map((name, index) => ({
    name,
    type: types[index]!.alias ?? types[index]!.toString(),
  }))
  const rows: unknown[][] = []
  let bytes = 0
  for await (const chunk of result) {
    for (const values of chunk.getRows()) {
      // By the types of the result: those of a chunk do not tell JSON from text.
      const row = values.map((value, index) => asJson(value, types[index]!, asJson))
      bytes += JSON.stringify(row).length
      if (rows.length === mostRows || bytes > resultBytes) return { columns, rows, truncated: true }
      rows.push(row)
    }
  }
  return { columns, rows, truncated: false }
}

/** DuckDB's words, with the names that it could have meant. */
function told(message: string, streams: readonly StoredStream[]): string {
  if (/No files found that match|No such file or directory/.test(message))
    return 'a file of stored events was removed while the query was answered, as --keep does with old ones; ask again'
  if (!/Table with name .* does not exist/.test(message)) return message
  const names = viewsOf(streams).map(({ name }) => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : quoted(name)))
  const shown = names.length > MOST_NAMES ? [...names.slice(0, MOST_NAMES), '…'] : names
  // Its own suggestions are tables of the system.
  return message.replace(/\nDid you mean[^\n]*/, `\nThe views are ${shown.join(', ')}`)
}

const MOST_NAMES = 30
