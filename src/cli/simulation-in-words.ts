import type { SimulatedStream, Simulation } from '../streams/simulate.ts'
import { aligned } from './aligned.ts'

/** The answer of a simulation as text: a table, and below it what limits each stream's numbers. */
export function simulationInWords({ events, from, to, streams }: Simulation): string {
  const notes = streams.flatMap(({ stream, notes: of }) =>
    of.length ? ['', stream, ...of.map((note) => `  ${note}`)] : [],
  )
  return `${[spanInWords(events, from, to), '', ...tableOf(streams), ...notes].join('\n')}\n`
}

const HOUR = 3_600_000

function spanInWords(events: number, from: string | null, to: string | null): string {
  const replayed = `${events.toLocaleString('en')} ${events === 1 ? 'event' : 'events'} replayed`
  if (!events) return `${replayed}: there is nothing to tell amounts from.`
  if (!from || !to)
    return `${replayed}. None of them says when it was received: they count as those of a minute.`
  const hours = (Date.parse(to) - Date.parse(from)) / HOUR
  const [amount, unit] = hours < 24 ? [rounded(hours), 'hour'] : [rounded(hours / 24), 'day']
  const span = `${amount} ${unit}${amount === '1' ? '' : 's'}`
  const little = hours < 24 ? '; a day is more than that, and told as if all of it were alike' : ''
  return `${replayed}, received from ${from} to ${to}: ${span}${little}.`
}

interface Column {
  /** Two lines. */
  readonly head: readonly [string, string]
  readonly of: (stream: SimulatedStream) => string
}

const COLUMNS: readonly Column[] = [
  { head: ['events', 'a day now'], of: ({ now }) => rounded(now.perDay) },
  { head: ['', 'then'], of: ({ then }) => rounded(then.perDay) },
  { head: ['95 %', 'interval'], of: intervalOf },
  { head: ['share of', 'units now'], of: ({ shareNow }) => percent(shareNow) },
  { head: ['', 'then'], of: ({ shareThen }) => percent(shareThen) },
  { head: ['curation', 'drops'], of: ({ curated }) => rounded(curated) },
  { head: ['schema', 'drops'], of: ({ invalid }) => rounded(invalid) },
  { head: ['bytes', 'a day now'], of: ({ bytesNow }) => bytes(bytesNow) },
  { head: ['', 'then'], of: ({ bytesThen }) => bytes(bytesThen) },
]

function tableOf(streams: readonly SimulatedStream[]): string[] {
  return aligned(
    [
      ['', ...COLUMNS.map(({ head }) => head[0])],
      ['stream', ...COLUMNS.map(({ head }) => head[1])],
      ...streams.map((stream) => [stream.stream, ...COLUMNS.map(({ of }) => of(stream))]),
    ],
    1,
  )
}

function intervalOf({ then: { perDay, low, high } }: SimulatedStream): string {
  return low === high || perDay === 0 ? 'exact' : `${rounded(low)} to ${rounded(high)}`
}

/** Large numbers whole, small ones with what tells them from none. */
function rounded(number: number): string {
  return number.toLocaleString(
    'en',
    number < 10 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 0 },
  )
}

const percent = (share: number): string =>
  `${(share * 100).toLocaleString('en', { maximumSignificantDigits: 4 })} %`

function bytes(amount: number): string {
  const [unit, size] = amount < 1e6 ? ['kB', 1e3] : amount < 1e9 ? ['MB', 1e6] : ['GB', 1e9]
  return `${rounded(amount / (size as number))} ${unit}`
}
