/** A set of whole numbers from 1 on: from, to, from, to, …, growing, both inclusive, with a gap between any two runs. */
export type Runs = readonly number[]

/** The numbers from 1 to `last`. */
export function firstNumbers(last: number): Runs {
  return last > 0 ? [1, last] : []
}

export function countOf(runs: Runs): number {
  let count = 0
  for (let index = 0; index < runs.length; index += 2) count += runs[index + 1]! - runs[index]! + 1
  return count
}

/** 0 where there is none. */
export function highestOf(runs: Runs): number {
  return runs.at(-1) ?? 0
}

/** Adds the numbers of one run to a set, in place, and returns how many of them are new to it. */
export function addRun(runs: number[], from: number, to = from): number {
  let first = runs.length
  // From behind, since numbers mostly come in order.
  while (first > 0 && runs[first - 1]! >= from - 1) first -= 2

  let known = 0
  let next = first
  let [lowest, highest] = [from, to]
  for (; next < runs.length && runs[next]! <= to + 1; next += 2) {
    const [start, end] = [runs[next]!, runs[next + 1]!]
    known += Math.max(0, Math.min(to, end) - Math.max(from, start) + 1)
    lowest = Math.min(lowest, start)
    highest = Math.max(highest, end)
  }
  runs.splice(first, next - first, lowest, highest)
  return to - from + 1 - known
}

/** The numbers of one set that are not in another. */
export function without(runs: Runs, others: Runs): Runs {
  const left: number[] = []
  let other = 0
  for (let index = 0; index < runs.length; index += 2) {
    let from = runs[index]!
    const to = runs[index + 1]!
    while (other < others.length && others[other + 1]! < from) other += 2
    for (let cut = other; cut < others.length && others[cut]! <= to; cut += 2) {
      if (others[cut]! > from) left.push(from, others[cut]! - 1)
      from = others[cut + 1]! + 1
    }
    if (from <= to) left.push(from, to)
  }
  return left
}
