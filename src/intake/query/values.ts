import {
  DuckDBDecimalValue,
  type DuckDBMapType,
  type DuckDBMapValue,
  type DuckDBTimestampTZValue,
  DuckDBTypeId,
  type DuckDBValueConverter,
  type Json,
  JsonDuckDBValueConverter,
} from '@duckdb/node-api'

/**
 * A value of DuckDB's as JSON. What a number of JSON cannot hold exactly is text, as is what JSON has no word for:
 * times in ISO 8601, intervals, blobs, NaN and Infinity.
 */
export const asJson: DuckDBValueConverter<Json> = (value, type, convert) => {
  if (value === null) return null
  // JSON is text to DuckDB's drivers.
  if (type.alias === 'JSON') return JSON.parse(String(value))
  if (typeof value === 'bigint' || value instanceof DuckDBDecimalValue) return numberOf(String(value))
  switch (type.typeId) {
    case DuckDBTypeId.TIMESTAMP_TZ:
      return inUtc(value as DuckDBTimestampTZValue)
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS:
      return String(value).replace(/^(\d{4}-\d\d-\d\d) /, '$1T')
    case DuckDBTypeId.INTERVAL:
      return String(value)
    case DuckDBTypeId.MAP:
      return objectOf(value as DuckDBMapValue, type as DuckDBMapType, convert)
    default:
      return JsonDuckDBValueConverter(value, type, convert)
  }
}

/** A number where it is exactly that, else text. */
function numberOf(text: string): number | string {
  const number = Number(text)
  const isExact = Number.isInteger(number) ? Number.isSafeInteger(number) : text.length <= 16
  return isExact ? number : text
}

/** With milliseconds, or microseconds where there are any. */
function inUtc(time: DuckDBTimestampTZValue): string {
  const { micros } = time
  if (!time.isFinite) return micros > 0n ? 'infinity' : '-infinity'
  const rest = ((micros % 1000n) + 1000n) % 1000n
  const date = new Date(Number((micros - rest) / 1000n))
  // DuckDB's calendar goes further than JavaScript's.
  if (Number.isNaN(date.getTime())) return String(time)
  return rest === 0n
    ? date.toISOString()
    : date.toISOString().replace('Z', `${String(rest).padStart(3, '0')}Z`)
}

/** An object where the keys are text, else a list of keys and values. */
function objectOf(
  { entries }: DuckDBMapValue,
  { keyType, valueType }: DuckDBMapType,
  convert: DuckDBValueConverter<Json>,
): Json {
  const pairs = entries.map(({ key, value }) => ({
    key: convert(key, keyType, convert),
    value: convert(value, valueType, convert),
  }))
  return pairs.every(({ key }) => typeof key === 'string')
    ? Object.fromEntries(pairs.map(({ key, value }) => [key, value]))
    : pairs
}
