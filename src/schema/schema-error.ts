/** Where in a file something is wrong. Lines count from 1. */
export interface Place {
  readonly file: string
  readonly line?: number | undefined
}

/** A schema that cannot be used. The message is one line: where, what, and what to do about it. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError'
  /** Where, if it is in a file. */
  readonly place: Place | undefined
  /** The message without the place. */
  readonly what: string

  constructor(what: string, { place, cause }: { place?: Place; cause?: unknown } = {}) {
    super(place ? `${inWords(place)}: ${what}` : what)
    this.place = place
    this.what = what
    Object.assign(this, { cause }) // the types of es2020 have no `cause` yet
  }
}

/** `file:line`, as editors and terminals take it. */
export function inWords({ file, line }: Place): string {
  return line === undefined ? file : `${file}:${line}`
}

const LONGEST_QUOTE = 80

/** What a schema says, for a message. */
export function quoted(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value !== 'string') return 'no text'
  return JSON.stringify(value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE - 1)}…` : value)
}
