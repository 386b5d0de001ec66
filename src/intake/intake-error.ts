/** Why the intake cannot run. The message is one line: what, where, and what to do about it. */
export class IntakeError extends Error {
  override readonly name = 'IntakeError'

  constructor(message: string, { cause }: { cause?: unknown } = {}) {
    super(message)
    Object.assign(this, { cause }) // the types of es2020 have no `cause` yet
  }
}

/** The code of a Node error, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code
}
