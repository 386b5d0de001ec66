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

/** A value of a schema in a message, shortened; `missing` where there is none. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  const text = JSON.stringify(value)
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

const LONGEST = 80
