import type { Views } from './contract.ts'
import { quoted } from './sql-text.ts'

/** A query to begin with, for whoever does not know the data. */
export interface StarterQuery {
  readonly title: string
  readonly sql: string
}

/** Queries over the views that are there. */
export function starterQueries({ views }: Views): StarterQuery[] {
  return views.map(({ name }) => ({ title: `Newest of ${name}`, sql: `FROM ${quoted(name)} LIMIT 100` }))
}
