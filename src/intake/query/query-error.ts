/** Why a query has no answer, for the person who asked. DuckDB's messages have several lines. */
export class QueryError extends Error {
  override readonly name = 'QueryError'

  constructor(message: string, { cause }: { cause?: unknown } = {}) {
    super(message)
    Object.assign(this, { cause }) // the types of es2020 have no `cause` yet
  }
}
