/** The stops of the slider: as far apart by factor, since a change from 1 to 2 % matters as one from 10 to 20 %. */
const STOPS = [0, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]

export const LAST_STOP = STOPS.length - 1

/** The rate at a stop of the slider. */
export function rateAt(stop: number): number {
  return STOPS[stop] ?? 1
}

/** The stop next to a rate, by factor; only 0 is at the first and only 1 at the last. */
export function stopOf(rate: number): number {
  if (!(rate > 0)) return 0
  if (rate >= 1) return LAST_STOP
  const distances = STOPS.slice(1, -1).map((stop) => Math.abs(Math.log(stop / rate)))
  return 1 + distances.indexOf(Math.min(...distances))
}

/** What a person typed: `0.1`, `0,1` or `10 %`. Undefined where it is no rate from 0 to 1. */
export function rateIn(text: string): number | undefined {
  const [, digits, percent] = /^\s*(\d*[.,]?\d*(?:e-?\d+)?)\s*(%?)\s*$/i.exec(text) ?? []
  if (digits === undefined || !/\d/.test(digits)) return undefined
  const number = Number(digits.replace(',', '.'))
  // Not as a division: 0.7 % would become 0.006999999999999999.
  const rate = percent ? Number((number / 100).toPrecision(12)) : number
  return rate >= 0 && rate <= 1 ? rate : undefined
}
