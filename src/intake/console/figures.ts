const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })

/** A count with its thousands apart; counts that are weighted come with fractions, which say nothing to a reader. */
export const inFull = (count: number): string => NUMBER.format(count)

/** A number that fits an axis: `1.2K`. */
export const inShort = (value: number): string => COMPACT.format(value)

/** A part of a whole in percent. What is there never reads as 0 %, and what is missing never as 100 %. */
export function percent(part: number, whole: number): string {
  if (!(whole > 0)) return '–'
  const share = (part / whole) * 100
  if (share > 0 && share < 0.1) return '< 0.1 %'
  if (share < 100 && share > 99.9) return '> 99.9 %'
  return `${Number(share.toFixed(share < 10 ? 1 : 0))} %`
}

const UNITS = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
  { ms: 1_000, name: 's' },
]

/** A duration, forwards or back, in the unit that people would say it in: `180 ms`, `2.4 s`, `−3 min`. */
export function duration(ms: number): string {
  const size = Math.abs(ms)
  const sign = ms < 0 && Math.round(size) > 0 ? '−' : ''
  const unit = UNITS.find((candidate) => size >= candidate.ms)
  if (!unit) return `${sign}${Math.round(size)} ms`
  const amount = size / unit.ms
  return `${sign}${Number(amount.toFixed(amount < 10 ? 1 : 0))} ${unit.name}`
}

/** Local date and time to the second; today's without the date. What is no time stays as it is. */
export function localTime(text: string, now = new Date()): string {
  const at = new Date(text)
  if (Number.isNaN(at.getTime())) return text
  const time = at.toLocaleTimeString('en-GB')
  if (at.toDateString() === now.toDateString()) return time
  const year = at.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' as const }
  return `${at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', ...year })}, ${time}`
}
