import { aligned } from './aligned.ts'
import type { LossReport } from '../intake/loss.ts'
import type { LossRow, Reasons } from '../intake/loss-rows.ts'

/** The report as text: a table, the reasons behind its numbers, and what to know when reading them. */
export function inWords({ losses, troubles }: LossReport): string {
  const lines = [
    ...tableOf(losses),
    ...section('Kept out otherwise, by reason', losses, ({ kept_out }) => without(SAMPLING, kept_out)),
    ...section('Dropped, by reason', losses, ({ dropped }) => dropped),
    '',
    ...remarksOn(losses, troubles),
  ]
  return `${lines.join('\n')}\n`
}

const SAMPLING = 'out-of-sample'

interface Column {
  /** Two lines. */
  readonly head: readonly [string, string]
  readonly of: (row: LossRow) => number
}

const COLUMNS: readonly Column[] = [
  { head: ['', 'submitted'], of: ({ submitted }) => submitted },
  { head: ['kept out by', 'sampling'], of: ({ kept_out }) => kept_out[SAMPLING] ?? 0 },
  { head: ['kept out', 'otherwise'], of: ({ kept_out }) => total(without(SAMPLING, kept_out)) },
  { head: ['', 'dropped'], of: ({ dropped }) => total(dropped) },
  { head: ['', 'delivered'], of: ({ delivered }) => delivered },
  { head: ['missing in', 'the middle'], of: (row) => row.missing_in_the_middle },
  { head: ['missing at', 'the end'], of: (row) => row.missing_at_the_end },
  { head: ['', 'unknown'], of: ({ unknown }) => unknown },
  { head: ['duplicates', 'removed'], of: (row) => row.duplicates_removed },
]

function tableOf(losses: readonly LossRow[]): string[] {
  const rows = losses.map((row) => [row.stream, sdkOf(row), ...COLUMNS.map(({ of }) => amount(of(row)))])
  const sums = ['all', '', ...COLUMNS.map(({ of }) => amount(sum(losses, of)))]
  return aligned([
    ['', '', ...COLUMNS.map(({ head }) => head[0])],
    ['stream', 'SDK', ...COLUMNS.map(({ head }) => head[1])],
    ...rows,
    ...(losses.length > 1 ? [sums] : []),
  ])
}

function section(title: string, losses: readonly LossRow[], reasonsOf: (row: LossRow) => Reasons): string[] {
  const lines = losses.flatMap((row) => {
    const reasons = reasonsOf(row)
    return total(reasons) > 0 ? [[row.stream, sdkOf(row), listed(reasons)]] : []
  })
  return lines.length > 0 ? ['', title, ...aligned(lines, 3)] : []
}

function remarksOn(losses: readonly LossRow[], troubles: Reasons): string[] {
  const missing = sum(losses, missingOf)
  const unconfirmed = sum(losses, (row) => row.missing_unconfirmed)
  const ends = sum(losses, (row) => row.instances)
  const unknownEnds = sum(losses, (row) => row.instances_with_unknown_end)
  const hasUnnumbered = losses.some(({ sdk, instances }) => sdk === null && instances === 0)

  const remarks = [missing === 0 ? 'Nothing is missing.' : `Missing: ${amount(missing)}.`]
  if (unconfirmed > 0)
    remarks.push(`${amount(unconfirmed)} of them went by a beacon for which nobody answers (unconfirmed).`)
  if (unknownEnds > 0)
    remarks.push(
      `In ${amount(unknownEnds)} of ${amount(ends)} cases a client instance has not told its last number in a stream yet: what it lost at the end does not show.`,
    )
  for (const stream of streamsElsewhere(losses))
    remarks.push(`Nothing of ${stream} is stored here: if its events go to another intake, count them there.`)
  if (hasUnnumbered)
    remarks.push(`Events of ${NO_SDK} have no numbers: what is missing of them does not show.`)
  if (total(troubles) > 0) remarks.push(`Beside events, the clients met: ${listed(troubles)}.`)
  return remarks
}

function streamsElsewhere(losses: readonly LossRow[]): string[] {
  return [...new Set(losses.map(({ stream }) => stream))].filter((stream) => {
    const rows = losses.filter((row) => row.stream === stream)
    return sum(rows, ({ delivered }) => delivered) === 0 && sum(rows, missingOf) > 0
  })
}

const NO_SDK = '(none)'

const missingOf = (row: LossRow): number => row.missing_in_the_middle + row.missing_at_the_end

const sdkOf = ({ sdk }: LossRow): string => sdk ?? NO_SDK

const amount = (count: number): string => count.toLocaleString('en')

const sum = (losses: readonly LossRow[], of: (row: LossRow) => number): number =>
  losses.reduce((count, row) => count + of(row), 0)

const total = (reasons: Reasons): number => Object.values(reasons).reduce((count, each) => count + each, 0)

const listed = (reasons: Reasons): string =>
  Object.entries(reasons)
    .map(([reason, count]) => `${reason} ${amount(count)}`)
    .join(', ')

function without(name: string, { [name]: _left, ...others }: Reasons): Reasons {
  return others
}
