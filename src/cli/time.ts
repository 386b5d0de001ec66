import { InvalidArgumentError } from 'commander'

const UNITS: { readonly [unit: string]: number } = { m: 60_000, h: 3_600_000, d: 24 * 3_600_000 }

/** A time that is named or so long ago; UTC where no zone is named. */
export function timeOf(text: string): Date {
  const [, amount, unit] = /^(\d+)([mhd])$/.exec(text) ?? []
  if (amount && unit) return new Date(Date.now() - Number(amount) * UNITS[unit]!)

  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text)
  const hasZone = !text.includes('T') || /(Z|[+-]\d\d:\d\d)$/.test(text)
  const time = new Date(hasZone ? text : `${text}Z`)
  if (isTime && !Number.isNaN(time.getTime())) return time
  throw new InvalidArgumentError('Give a day, 2026-11-22, a time, 2026-11-22T10:00Z, or how long ago, 24h.')
}
