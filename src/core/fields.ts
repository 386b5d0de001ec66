export type Fields = Readonly<Record<string, unknown>>

/** The value itself where it is an object with fields, or else one without any: data may be anything. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value && !Array.isArray(value) ? (value as Fields) : {}
}
