/** A schema that cannot be used. The message is one line: where, what, and what to do about it. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError'
  readonly cause: unknown

  constructor(message: string, { cause }: { cause?: unknown } = {}) {
    super(message)
    this.cause = cause
  }
}
