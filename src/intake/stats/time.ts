let lastDay = ''
let lastDayBegan = Number.NaN

/**
 * The time in ms since 1970, NaN where there is none. As `Date.parse`, but ten times as fast for what `toISOString`
 * has written: at its start an intake reads two such times for each stored event.
 */
export function timeOf(text: unknown): number {
  if (typeof text !== 'string') return Number.NaN
  if (text.length !== 24 || text[10] !== 'T' || text[19] !== '.' || text[23] !== 'Z') return Date.parse(text)
  const hours = digits(text, 11, 13)
  const minutes = digits(text, 14, 16)
  const seconds = digits(text, 17, 19)
  const ms = digits(text, 20, 23)
  const isPlain =
    hours < 24 && minutes < 60 && seconds < 60 && ms < 1_000 && text[13] === ':' && text[16] === ':'
  if (!isPlain) return Date.parse(text)
  if (!text.startsWith(lastDay) || lastDay === '') {
    lastDay = text.slice(0, 10)
    lastDayBegan = Date.parse(`${lastDay}T00:00:00.000Z`)
  }
  return lastDayBegan + ((hours * 60 + minutes) * 60 + seconds) * 1_000 + ms
}

/** NaN where there are other characters. */
function digits(text: string, from: number, to: number): number {
  let number = 0
  for (let index = from; index < to; index++) {
    const digit = text.charCodeAt(index) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    number = 10 * number + digit
  }
  return number
}
