/** A schema that cannot be used. The message is one line: where, what, and what to do about it. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError'

  constructor(message: string, { cause }: { cause?: unknown } = {}) {
    super(message)
    Object.assign(this, { cause }) // the types of es2020 have no `cause` yet
  }
}
