import type { Entry } from './account.ts'
import { addRun, countOf, firstNumbers, highestOf, type Runs, without } from './runs.ts'

/** What an intake knows of the events of one instance and stream, by their numbers. */
interface Stored {
  readonly numbers: Runs
  /** Refused by the intake, of which the client need not have heard. */
  readonly refused: Runs
}

/** What clients tell of them. */
interface Told {
  /** The highest number that the instance's own accounts speak of. */
  readonly last: number
  /** What any account says of them, by outcome. */
  readonly settled: ReadonlyMap<string, Runs>
}

/** How many of them came to which end. Each number is counted once. */
export interface Fates {
  /** The highest number that is known to be given. */
  readonly numbered: number
  /** Stored, whatever else is told of them: a client may drop what has arrived without its hearing of it. */
  readonly delivered: number
  /** By reason. */
  readonly dropped: ReadonlyMap<string, number>
  /** Above the highest number that is stored. */
  readonly missingAtTheEnd: number
  readonly missingInTheMiddle: number
  /** How many of the missing were given to a beacon for which nobody answers. */
  readonly missingUnconfirmed: number
  /** Of which nobody says how they ended. */
  readonly unknown: number
}

/** After these an event should be stored. The other outcomes are reasons of a drop. */
export const SENDING = ['delivered', 'unconfirmed']

/** Adds what an account says of how numbers were settled, by outcome. */
export function addSettled(sum: Map<string, number[]>, settled: Entry['settled']): void {
  for (const [outcome, runs] of settled) {
    const numbers = sum.get(outcome) ?? []
    sum.set(outcome, numbers)
    for (const [from, to] of runs) addRun(numbers, from, to)
  }
}

/** The numbers are shared out, from the surest evidence to the weakest. */
export function fatesOf({ numbers: stored, refused }: Stored, { last, settled }: Told): Fates {
  const told = (outcome: string) => settled.get(outcome) ?? []
  const numbered = Math.max(last, ...[stored, refused, ...settled.values()].map(highestOf))
  let left = firstNumbers(numbered)
  const take = (numbers: Runs): number => {
    const before = countOf(left)
    left = without(left, numbers)
    return before - countOf(left)
  }

  const delivered = take(stored)
  const reasons = [...settled.keys()].filter((outcome) => !SENDING.includes(outcome))
  const dropped = new Map(reasons.map((reason) => [reason, take(told(reason))]))
  dropped.set('refused', (dropped.get('refused') ?? 0) + take(refused))
  // After the last account, too, a gap below a number that has come is a loss: events go in their order.
  const gaps = highestOf(stored) > last ? [last + 1, highestOf(stored)] : []
  const unknown = take([told('delivered'), told('unconfirmed'), gaps].reduce(without, left))

  const missingUnconfirmed = countOf(left) - countOf(without(left, told('unconfirmed')))
  const missingInTheMiddle = take(firstNumbers(highestOf(stored)))
  const missingAtTheEnd = countOf(left)
  return { numbered, delivered, dropped, missingInTheMiddle, missingAtTheEnd, missingUnconfirmed, unknown }
}
