import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SavedQueries } from '../console/contract.ts'
import { codeOf } from '../intake-error.ts'
import { QueryError } from './query-error.ts'

/** Queries that people keep, as files `NAME.sql` in a folder. Its methods throw a QueryError. */
export interface SavedQueryFiles {
  list(): SavedQueries
  /** The SQL of one. */
  get(name: string): string
  put(name: string, sql: string): void
  remove(name: string): void
}

const LONGEST_NAME = 80
const LONGEST_SQL = 100_000

/** The queries saved in a data folder. */
export function savedQueriesIn(data: string): SavedQueryFiles {
  const folder = join(data, '.rivulet', 'queries')

  return {
    list: () => ({ queries: names().map((name) => ({ name, sql: textOf(name) })) }),

    get(name) {
      checkName(name)
      if (!names().includes(name)) throw notThere(name)
      return textOf(name)
    },

    put(name, sql) {
      checkName(name)
      if (sql.trim() === '') throw new QueryError(`query "${name}": there is no SQL to save`)
      if (sql.length > LONGEST_SQL)
        throw new QueryError(
          `query "${name}": it has ${sql.length} characters, ${LONGEST_SQL} at most are saved`,
        )
      mkdirSync(folder, { recursive: true })
      const path = pathOf(name)
      writeFileSync(`${path}.new`, `${sql.trimEnd()}\n`)
      renameSync(`${path}.new`, path)
    },

    remove(name) {
      checkName(name)
      if (!names().includes(name)) throw notThere(name)
      rmSync(pathOf(name))
    },
  }

  function names(): string[] {
    try {
      return readdirSync(folder)
        .filter((file) => file.endsWith('.sql'))
        .map((file) => file.slice(0, -'.sql'.length))
        .filter(isName)
        .sort()
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    }
  }

  function notThere(name: string): QueryError {
    return new QueryError(`there is no saved query "${name}"; there are ${names().join(', ') || 'none'}`)
  }

  function pathOf(name: string): string {
    return join(folder, `${name}.sql`)
  }

  function textOf(name: string): string {
    return readFileSync(pathOf(name), 'utf8').trimEnd()
  }
}

/** Letters of any language, digits, spaces, `-`, `_` and dots within: a name that is one file in any file system. */
function isName(name: string): boolean {
  return name.length <= LONGEST_NAME && /^[\p{L}\p{N}_]([\p{L}\p{N}_ .-]*[\p{L}\p{N}_-])?$/u.test(name)
}

function checkName(name: string): void {
  if (isName(name)) return
  throw new QueryError(
    `"${name}" cannot be the name of a query; take letters, digits, spaces, - and _, at most ${LONGEST_NAME}`,
  )
}
