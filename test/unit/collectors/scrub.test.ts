import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scrub, WORD } from '../../../src/collectors/scrub.ts'

const none = new Set<string>()
const wordsOf = (text: string) => text.toLowerCase().match(WORD)

describe('a message is told without what may tell of a person', () => {
  test.each([
    [
      "Cannot read properties of undefined (reading 'total')",
      "Cannot read properties of undefined (reading 'total')",
    ],
    ['can\'t access property "total", it isn\'t there', 'can\'t access property "total", it isn\'t there'],
    [
      "undefined is not an object (evaluating 'basket.total')",
      "undefined is not an object (evaluating 'basket.total')",
    ],
    ['Unexpected token \'h\', "hello there" is not valid JSON', "Unexpected token 'h', … is not valid JSON"],
    ["'it's broken' is no name", '… is no name'],
    ['JSON begins with "hello there', 'JSON begins with …'],
    ['no mail to ada@example.org', 'no mail to …'],
    ['GET /search?q=ada failed', 'GET /search… failed'],
    ['no such file: /find/M%C3%BCller', 'no such file: …'],
    ['card 4242-4242-4242-4242 refused', 'card … refused'],
    ['status 404 in line 12', 'status 404 in line 12'],
    ['user 9f8e7d6c-1234-4abc-8def-0123456789ab', 'user …'],
    ['really?', 'really?'],
  ])('%s', (message, told) => {
    expect(scrub(message, none)).toBe(told)
  })

  test('in a time that does not run away, whatever it is', () => {
    for (const piece of ['a', '1', "'", '" ', '1 a', 'a-', '@', '?']) {
      const before = performance.now()
      scrub(piece.repeat(100_000), none)
      expect(performance.now() - before, piece).toBeLessThan(500)
    }
  })
})

test.each([
  ['東京都', '東京都が見つかりません', '………が見つかりません'],
  ['東京', 'No city in東京', 'No city in……'],
])('what was typed without spaces around it is found: %s', (typed, message, told) => {
  expect(scrub(message, new Set(wordsOf(typed)))).toMatch(told)
})

test('no word of what was typed is in it, in whatever case', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 })
  fc.assert(
    fc.property(text, text, text, fc.boolean(), (typed, before, after, isLoud) => {
      const words = new Set(wordsOf(typed))

      const told = scrub(`${before} ${isLoud ? typed.toUpperCase() : typed} ${after}`, words)

      expect((wordsOf(told) ?? []).filter((word) => words.has(word))).toEqual([])
    }),
  )
})
