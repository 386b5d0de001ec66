import { WORD } from './scrub.ts'

// What persons have typed into this page, so that it can be taken out of what the page says. It is in memory only.

const words = new Set<string>()
let text = ''

/** To be told of each `input` event: finds fields in shadow roots, too, and is there before the page empties them. */
export function onInput(event: Event): void {
  const field = event.composedPath()[0] as HTMLInputElement
  // A component's own value may be anything.
  const next = String(field.value ?? field.textContent)
  // While it only grows, its last word is not finished.
  if (!next.startsWith(text)) typedWords()
  text = next
}

export function typedWords(): ReadonlySet<string> {
  text.toLowerCase().match(WORD)?.forEach(words.add, words)
  return words
}
