const HUES = 8
const PRIME = 10_007

/** One of the few hues of the style sheet, for the eye to tell streams apart; the same one on every visit. */
export function hueOf(stream: string): string {
  const hue = [...stream].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % PRIME, 0)
  return String(hue % HUES)
}
