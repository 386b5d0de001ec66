/** An object of which nothing else is known. */
export type Fields = Readonly<Record<string, unknown>>

/** The value itself where it is an object with fields, or else one without any: data may be anything. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value && !Array.isArray(value) ? (value as Fields) : {}
}

/** A value for a message. Text can be had of all but what throws when it is asked for it. */
export function inWords(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'something that has no text'
  }
}
