/** An object of which nothing else is known. */
export type Fields = Readonly<Record<string, unknown>>

/** The value itself where it is an object with fields, or else one without any: data may be anything. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value && !Array.isArray(value) ? (value as Fields) : {}
}

/** What the work returns; undefined where it throws, for whoever takes that as the answer. */
export function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

/** A value for a message. Text can be had of all but what throws when it is asked for it. */
export function inWords(value: unknown): string {
  return attempt(() => String(value)) ?? 'something that has no text'
}
