import type { DuckDBConnection } from '@duckdb/node-api'
import { placeIn } from './place.ts'
import { QueryError } from './query-error.ts'
import type { View } from './views.ts'

/** A query that may be asked. */
export interface CheckedSelect {
  /** The SQL, without a semicolon at its end. */
  readonly statement: string
  /** Whether it may name this view. */
  mayName(view: Pick<View, 'name' | 'alias'>): boolean
}

/** Table functions that read nothing but their arguments and the views. */
const TABLE_FUNCTIONS = new Set([
  'generate_series',
  'histogram',
  'histogram_values',
  'json_each',
  'json_tree',
  'range',
  'repeat',
  'unnest',
])

/**
 * Resolves if the SQL is one SELECT, or the explanation of one, that names no function which could reach beyond the
 * views. Rejects with a QueryError where it is not.
 */
export async function checkedSelect(connection: DuckDBConnection, sql: string): Promise<CheckedSelect> {
  const [explain = '', , , select = ''] =
    /^\s*(EXPLAIN(\s+ANALYZE)?(\s*\([\w\s,]*\))?\s)?(.*)$/is.exec(sql)?.slice(1) ?? []
  const parsed = await parse(connection, select)
  if (parsed.error) throw new QueryError(refusal(parsed, { sql, select }))
  const { statements } = parsed
  if (statements.length !== 1)
    throw new QueryError(
      statements.length === 0
        ? 'there is no query; write one, such as SELECT stream, count(*) FROM events GROUP BY stream'
        : `these are ${statements.length} statements; ask one at a time`,
    )
  const nodes = nodesIn(statements)
  const called = nodes
    .filter(({ type }) => type === 'TABLE_FUNCTION')
    .map((node) => String((node.function as Node | undefined)?.function_name).toLowerCase())
  const forbidden = called.find((name) => !TABLE_FUNCTIONS.has(name))
  if (forbidden !== undefined)
    throw new QueryError(
      `${forbidden}() cannot be used here; a query reads views, such as events, and no files`,
    )
  return {
    statement: `${explain}${select.trimEnd().replace(/(\s*;)+$/, '')}`,
    mayName: namedIn(nodes),
  }
}

/**
 * A view is named as a table, or in the arguments of a macro. What lists tables, and whatever stands in the system's own,
 * may name each.
 */
function namedIn(nodes: readonly Node[]): CheckedSelect['mayName'] {
  const words = new Set(
    nodes.flatMap((node) => Object.values(node).flat()).flatMap((value) => lowered(value)),
  )
  const isAboutAll = nodes.some(
    ({ type, query, schema_name, table_name }) =>
      (type === 'SHOW_REF' && query === null) ||
      (type === 'BASE_TABLE' &&
        (schema_name !== '' || /^(duckdb|pragma|pg|sqlite)_/i.test(String(table_name)))),
  )
  return ({ name, alias }) =>
    isAboutAll || words.has(name.toLowerCase()) || (alias !== undefined && words.has(alias))
}

const lowered = (value: unknown): string[] => (typeof value === 'string' ? [value.toLowerCase()] : [])

type Node = { readonly [field: string]: unknown }

function nodesIn(tree: unknown): Node[] {
  if (typeof tree !== 'object' || tree === null) return []
  const inside = Object.values(tree).flatMap(nodesIn)
  return Array.isArray(tree) ? inside : [tree as Node, ...inside]
}

type Parsed =
  | { readonly error: false; readonly statements: readonly unknown[] }
  | {
      readonly error: true
      readonly error_type: string
      readonly error_message: string
      readonly position?: string
    }

async function parse(connection: DuckDBConnection, sql: string): Promise<Parsed> {
  const answer = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [sql])
  return JSON.parse(String(answer.getRows()[0]![0]))
}

function refusal(
  { error_type, error_message, position }: Parsed & { error: true },
  { sql, select }: { sql: string; select: string },
): string {
  if (error_type !== 'parser')
    return 'only a SELECT can be asked here, also as WITH, FROM, VALUES, DESCRIBE, SUMMARIZE, SHOW TABLES or EXPLAIN; a PIVOT names its values, ON column IN (…)'
  const before = [...sql].length - [...select].length
  const place = position === undefined ? '' : `\n\n${placeIn(sql, before + Number(position))}`
  return `Parser Error: ${error_message}${place}`
}
