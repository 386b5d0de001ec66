import { existsSync } from 'node:fs'
import { IntakeError } from '../intake/intake-error.ts'
import { OWN_SCHEMAS } from '../intake/package-files.ts'
import { openQueries, type Queries, QueryError } from '../intake/query/queries.ts'
import { checkDataFolder } from '../intake/state.ts'
import { openSchemaRepository } from '../schema/repository.ts'

/** Where events are stored, and what describes them. */
export interface StoredFlags {
  data: string
  schemas?: string[]
}

/** Added where there is no query, since an option of many values takes what follows it for one. */
export function whereTheQueryWent({ schemas }: StoredFlags): string {
  return schemas ? '; a query stands before --schemas, which takes all that follows it for folders' : ''
}

/** Who asks in a terminal waits as long as they like, and ends what takes too long themselves. */
const NO_HURRY = { seconds: Infinity, fileBytes: Infinity }

/** Hands queries over a data folder to `work`, and closes them after it. An intake may be at work in the folder. */
export async function withQueries<Result>(
  { data, schemas = existsSync('schemas') ? ['schemas'] : [] }: StoredFlags,
  work: (queries: Queries) => Promise<Result>,
): Promise<Result> {
  checkDataFolder(data)
  const queries = openQueries({
    data,
    schemas: openSchemaRepository([...schemas, OWN_SCHEMAS]),
    configured: () => new Map(), // what is stored names its schemas
    limits: NO_HURRY,
  })
  // Stopped by its own hand, it leaves no file behind.
  const stop = () => void queries.close()
  for (const signal of SIGNALS) process.once(signal, stop)
  try {
    const status = queries.status()
    if (!status.ready) throw new IntakeError(status.hint)
    return await work(queries)
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    // Of DuckDB's lines, the last ones point into the query, which are of no use in one line.
    throw new QueryError(error.message.replace(/\n+LINE \d+:[\s\S]*$/, ''), { cause: error })
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, stop)
    await queries.close()
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
