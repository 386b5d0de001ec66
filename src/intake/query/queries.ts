import { mkdtemp, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SchemaRepository } from '../../schema/repository.ts'
import type { QueryResult, Session, Views } from '../console/contract.ts'
import { createQueryProcess } from './process-handle.ts'
import { QueryError } from './query-error.ts'
import type { FileFormat, Limits, QueryRequest } from './run-query.ts'
import { type SavedQueryFiles, savedQueriesIn } from './saved-queries.ts'
import { createReadStreams } from './stored-streams.ts'
import { viewsOf } from './views.ts'

export { QueryError } from './query-error.ts'
export type { FileFormat, Limits } from './run-query.ts'

/** SQL over the events of a data folder. */
export interface Queries {
  /** Whether there is something to ask, and DuckDB; else what to do about it. */
  status(): Session['query']
  /** Rejects with a QueryError that says what is wrong with the query, or with the signal's reason. */
  ask(sql: string, options?: Asking): Promise<QueryResult>
  /** The whole result, as a file. */
  download(sql: string, format: FileFormat, options?: Asking): Promise<Download>
  views(): Promise<Views>
  readonly saved: SavedQueryFiles
  /** Ends what runs. */
  close(): Promise<void>
}

interface Asking {
  /** Aborted where nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined
}

/** A file that is there until it is removed. */
export interface Download {
  readonly path: string
  readonly bytes: number
  remove(): Promise<void>
}

/** What people at a page may take of a machine that has other things to do. */
const CONSOLE_LIMITS: Limits = {
  seconds: 30,
  megabytes: 1_000,
  threads: 2,
  rows: 10_000,
  resultBytes: 8_000_000,
  fileBytes: 2_000_000_000,
}

const MOST_WAITING = 20
const WATCH_FILE_EVERY = 250

/**
 * Answers queries one after another, each from all that was stored when it began. DuckDB runs in a process of its own,
 * since what a query does to it must not reach the intake; it reads the stored events, and nothing else.
 */
export function openQueries({
  data,
  schemas,
  configured,
  elsewhere,
  limits: own = {},
}: {
  data: string
  schemas: SchemaRepository
  /** The streams of the stream config, and the schema titles that they name. Streams that are stored need not be in it. */
  configured: () => ReadonlyMap<string, string>
  /** Where else events are stored, in words: then there is nothing to ask here. */
  elsewhere?: string | undefined
  /** Default: those of the console. */
  limits?: Partial<Limits>
}): Queries {
  const limits = { ...CONSOLE_LIMITS, ...own }
  const readStreams = createReadStreams({ data, schemas, configured })
  const duckdb = createQueryProcess(data)
  const closing = new AbortController()
  const status = () =>
    elsewhere === undefined ? statusOfDuckDB() : { ready: false as const, hint: elsewhere }
  let turn: Promise<unknown> = Promise.resolve()
  let waiting = 0

  return {
    status,

    async ask(sql, { signal } = {}) {
      return JSON.parse(await inTurn(signal, (until) => run({ sql }, until)))
    },

    async download(sql, format, { signal } = {}) {
      // Outside of the data folder, so that it is no event's file and no backup's matter.
      const folder = await mkdtemp(join(tmpdir(), 'rivulet-download-'))
      const remove = () => rm(folder, { recursive: true, force: true })
      const path = join(folder, `result.${format}`)
      try {
        await inTurn(signal, (until) =>
          watched(path, until, (both) => run({ sql, file: { path, format } }, both)),
        )
        return { path, bytes: (await stat(path)).size, remove }
      } catch (error) {
        await remove()
        throw error
      }
    },

    async views() {
      const views = viewsOf(await readStreams())
      return {
        views: views.map(({ name, alias, columns }) => ({ name, ...(alias ? { alias } : {}), columns })),
      }
    },

    saved: savedQueriesIn(data),

    async close() {
      closing.abort(new QueryError('the query was stopped before it was answered'))
      await turn
      await duckdb.close()
    },
  }

  /** After those who came before. */
  async function inTurn<Result>(
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const state = status()
    if (!state.ready) throw new QueryError(state.hint)
    if (waiting >= MOST_WAITING)
      throw new QueryError(`${waiting} queries are waiting already; ask again when they are answered`)
    const until = AbortSignal.any([closing.signal, ...(signal ? [signal] : [])])
    const before = turn
    waiting += 1
    const done = before.then(async () => {
      waiting -= 1
      until.throwIfAborted()
      return work(until)
    })
    turn = done.catch(() => undefined) // told to the one who asked
    return done
  }

  async function run(asked: Pick<QueryRequest, 'sql' | 'file'>, signal: AbortSignal): Promise<string> {
    const streams = await readStreams()
    const time = new AbortController()
    const timer = Number.isFinite(limits.seconds) ? setTimeout(tooLong, limits.seconds * 1_000) : undefined
    try {
      return await duckdb.run({ ...asked, streams, limits }, AbortSignal.any([signal, time.signal]))
    } finally {
      clearTimeout(timer)
    }

    function tooLong(): void {
      time.abort(
        new QueryError(
          `the query was stopped after ${limits.seconds} s; ask about one stream, or fewer days`,
        ),
      )
    }
  }

  /** Stops what writes more than a download may have. */
  async function watched<Result>(
    path: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const size = new AbortController()
    const watch = setInterval(async () => {
      const { size: bytes } = await stat(path).catch(() => ({ size: 0 }))
      if (bytes > limits.fileBytes)
        size.abort(new QueryError(`the result has more than ${limits.fileBytes / 1e6} MB; ask for less`))
    }, WATCH_FILE_EVERY)
    try {
      return await work(AbortSignal.any([signal, size.signal]))
    } finally {
      clearInterval(watch)
    }
  }
}

function statusOfDuckDB(): Session['query'] {
  try {
    createRequire(import.meta.url).resolve('@duckdb/node-api')
    return { ready: true }
  } catch {
    return {
      ready: false,
      hint: 'DuckDB is not installed, which SQL needs; add it beside rivulet with npm install @duckdb/node-api',
    }
  }
}
