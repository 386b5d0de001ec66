/** Orders revisions by their runs of digits, as numbers: `2026-11-22.10` is higher than `2026-11-22.9`. */
export function compareRevisions(a: string, b: string): number {
  const [left, right] = [numbersIn(a), numbersIn(b)]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    // Of two that begin alike, the longer is the higher.
    const [one = -1n, other = -1n] = [left[index], right[index]]
    if (one !== other) return one < other ? -1 : 1
  }
  return 0
}

/** The revision after `last`: today's first, today's next, or whatever is higher than a last one from the future. */
export function nextRevision(last: string | undefined, today: string): string {
  const first = `${today}.1`
  if (last === undefined || compareRevisions(first, last) > 0) return first
  return last.replace(/\d+(?=\D*$)/, (digits) => String(BigInt(digits) + 1n))
}

const numbersIn = (revision: string) => (revision.match(/\d+/g) ?? []).map(BigInt)
