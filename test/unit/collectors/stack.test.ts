import { describe, expect, test } from 'vitest'
import { fingerprintOf } from '../../../src/collectors/fingerprint.ts'
import { bareUrl, framesOf } from '../../../src/collectors/stack.ts'

const CHROMIUM = `
    at show (https://shop.example.org/js/shop.9f8e7d6c.js?v=1:3:14)
    at Array.map (<anonymous>)
    at async Shop.open (https://shop.example.org/app/(shop)/page.js#x:7:5)
    at eval (eval at outer (https://shop.example.org/a.js:1:1), <anonymous>:1:1)
    at https://shop.example.org/@shop/js/shop.9f8e7d6c.js:24:3`
const FIREFOX = `show@https://shop.example.org/js/shop.0a1b2c3d.js?v=1:3:9
open/<@https://shop.example.org/js/shop.0a1b2c3d.js:7:5
@https://shop.example.org/js/shop.0a1b2c3d.js line 44 > eval:1:1
@https://shop.example.org/js/shop.0a1b2c3d.js:24:3
`
const WEBKIT = `show@https://shop.example.org/js/shop.0a1b2c3d.js?v=1:3:13
map@[native code]
@https://shop.example.org/js/shop.0a1b2c3d.js:24:7
module code@https://shop.example.org/js/shop.0a1b2c3d.js:30:1`

describe('the frames of a stack are read as each engine writes them', () => {
  test.each([
    [
      'Chromium',
      CHROMIUM,
      ['show shop.9f8e7d6c.js 3:14', 'async Shop.open page.js 7:5', 'undefined shop.9f8e7d6c.js 24:3'],
    ],
    [
      'Firefox',
      FIREFOX,
      ['show shop.0a1b2c3d.js 3:9', 'open/< shop.0a1b2c3d.js 7:5', ' shop.0a1b2c3d.js 24:3'],
    ],
    [
      'WebKit',
      WEBKIT,
      ['show shop.0a1b2c3d.js 3:13', ' shop.0a1b2c3d.js 24:7', 'module code shop.0a1b2c3d.js 30:1'],
    ],
  ])('%s', (_, stack, told) => {
    const frames = framesOf(stack).map(
      ({ function_name, file, line, column }) =>
        `${function_name} ${file.replace(/.*\//, '')} ${line}:${column}`,
    )

    expect(frames).toEqual(told)
  })
})

test('a deep stack is cut, a stack that is none has no frames', () => {
  expect(framesOf('a@http://x/a.js:1:1\n'.repeat(99))).toHaveLength(20)
  expect(framesOf('whatever (it) @ says:1')).toEqual([])
})

test.each([
  ['https://a.example/b?c#d', 'https://a.example/b'],
  ['https://a.example/b#d?c', 'https://a.example/b'],
  ['data:text/plain,secret', 'data:'],
  ['', ''],
])('%s is told as %s', (url, told) => {
  expect(bareUrl(url)).toBe(told)
})

test('an error has one fingerprint in each engine and build', () => {
  const messages = [
    "Cannot read properties of undefined (reading 'x')",
    'basket is undefined',
    'undefined is not an object',
  ]
  const prints = [CHROMIUM, FIREFOX, WEBKIT].map((stack, index) =>
    fingerprintOf('TypeError', messages[index]!, framesOf(stack)[0]!.file, stack),
  )

  expect(new Set(prints)).toEqual(new Set(['TypeError shop.js show ']))
})

test('errors of the host are told apart by what they say, but for numbers', () => {
  const print = (message: string) => fingerprintOf('Error', message, 'https://a.example/shop.js', CHROMIUM)

  expect(print('No answer after 30 s')).toBe(print('No answer after 45 s'))
  expect(print('No answer')).not.toBe(print('No basket'))
  expect(print('x'.repeat(500)).length).toBeLessThanOrEqual(64)
})
