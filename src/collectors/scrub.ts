/** The schema's bound. */
const LONGEST = 1024

/**
 * What may tell of a person: what is quoted, but for a name in code, and up to the end where the quote is not closed;
 * mail addresses; queries, fragments and what else is percent-encoded; ids, and numbers of four digits and more.
 */
const TELLING = /\B(["'`])(?![\w.]+\1\B).*?(\1\B|$)|\S*(@|%|\d\S\S+\d)\S*|[?#]\S+/gs

/**
 * Where letters have no case, words mostly have no spaces between them: there each letter is one. Elsewhere one letter
 * tells nothing.
 */
export const WORD = /\p{Lo}|[^\s\p{P}\p{Lo}]{2,}/gu

/** A message without what may tell of a person, nor any of these words; `…` stands in its place. */
export function scrub(message: string, words: ReadonlySet<string>): string {
  return message
    .slice(0, LONGEST)
    .replace(TELLING, '…')
    .replace(WORD, (word) => (words.has(word.toLowerCase()) ? '…' : word))
}
