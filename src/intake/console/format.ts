const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const FINE = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })
const EXACT = new Intl.NumberFormat('en', { maximumSignificantDigits: 12 })

/** A number of events: whole from 100 on, three digits that count below. */
export function countText(count: number): string {
  return (Math.abs(count) >= 100 ? WHOLE : FINE).format(count)
}

/** A rate from 0 to 1 as a percentage, with all its digits. */
export function percentText(rate: number): string {
  return `${EXACT.format(rate * 100)} %`
}

/** A share from 0 to 1 as a percentage to read, which is 0 or 100 only where the share is. */
export function shareText(share: number): string {
  if (share > 0 && share < 0.0001) return '< 0.01 %'
  if (share > 0.9999 && share < 1) return '> 99.99 %'
  return `${FINE.format(Math.round(share * 1e4) / 100)} %`
}

const BYTE_UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB']

/** In units of 1,000. */
export function bytesText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(bytes) / 3))
  return `${FINE.format(bytes / 1000 ** power)} ${BYTE_UNITS[power]}`
}

/** A duration in ms, in the unit that suits it. */
export function durationText(ms: number): string {
  const size = Math.abs(ms)
  if (size < 1000) return `${WHOLE.format(ms)} ms`
  if (size < 60_000) return `${FINE.format(ms / 1000)} s`
  if (size < 3_600_000) return `${FINE.format(ms / 60_000)} min`
  return size < 86_400_000 ? `${FINE.format(ms / 3_600_000)} h` : `${FINE.format(ms / 86_400_000)} d`
}

/** A time in the reader's time zone, to the minute; as it was given where it is none. */
export function dateText(iso: string): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return iso
  const day = at.toLocaleDateString('en', { day: 'numeric', month: 'short', year: 'numeric' })
  return `${day}, ${twoDigits(at.getHours())}:${twoDigits(at.getMinutes())}`
}

/** The reader's local time to the millisecond; on another day than today the day is worth more. */
export function clockText(iso: string, now = new Date()): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return iso

  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits).join(':')
  if (at.toDateString() === now.toDateString())
    return `${time}.${String(at.getMilliseconds()).padStart(3, '0')}`
  return `${at.toLocaleDateString('en', { day: 'numeric', month: 'short' })} ${time}`
}

const twoDigits = (value: number): string => String(value).padStart(2, '0')
