/** The schema's bound. */
const LONGEST = 1024

/**
 * What may tell of a person: what is quoted, but for a name in code, and up to the end where the quote is not closed;
 * mail addresses; queries and fragments; ids, and numbers of four digits and more.
 */
const TELLING = /\B(["'`])(?![\w.]+\1\B).*?(\1\B|$)|\S*(@|\d\S\S+\d)\S*|[?#]\S+/gs

/** One letter tells nothing. */
const WORD = /[^\s\p{P}]{2,}/gu

/** The words of a text, as `scrub` knows them. */
export function wordsOf(text: string): readonly string[] | null {
  return text.toLowerCase().match(WORD)
}

/** A message without what may tell of a person, nor any of these words; `…` stands in its place. */
export function scrub(message: string, words: ReadonlySet<string>): string {
  return message
    .slice(0, LONGEST)
    .replace(TELLING, '…')
    .replace(WORD, (word) => (words.has(word.toLowerCase()) ? '…' : word))
}
