import { expect, test } from 'vitest'
import { browserOf, familyOf } from '../../../src/intake/browser.ts'

const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)'
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)'
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X)'
const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)'
const BLINK = 'AppleWebKit/537.36 (KHTML, like Gecko)'

test.each([
  ['Chromium 142', `${WINDOWS} ${BLINK} Chrome/142.0.0.0 Safari/537.36`],
  ['Chromium 142', `Mozilla/5.0 (Linux; Android 10; K) ${BLINK} Chrome/142.0.0.0 Mobile Safari/537.36`],
  ['Chromium 141', `${IPHONE} ${WEBKIT} CriOS/141.0.7390.41 Mobile/15E148 Safari/604.1`],
  ['Edge 142', `${WINDOWS} ${BLINK} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.3595.53`],
  ['Edge 18', `${WINDOWS} ${BLINK} Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763`],
  [
    'Edge 142',
    `Mozilla/5.0 (Linux; Android 10; HD1913) ${BLINK} Chrome/142.0.7444.48 Mobile Safari/537.36 EdgA/142.0.3595.50`,
  ],
  ['Edge 141', `${IPHONE} ${WEBKIT} Version/18.0 EdgiOS/141.0.3537.99 Mobile/15E148 Safari/605.1.15`],
  ['Firefox 145', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0'],
  ['Firefox 144', `${IPHONE} ${WEBKIT} FxiOS/144.0 Mobile/15E148 Safari/605.1.15`],
  ['Safari 26', `${MAC} ${WEBKIT} Version/26.0 Safari/605.1.15`],
  ['Safari 18', `${IPHONE} ${WEBKIT} Version/18.5 Mobile/15E148 Safari/604.1`],
  ['iOS web view 18', `${IPHONE} ${WEBKIT} Mobile/15E148`],
  ['iOS web view 18', `${IPHONE} ${WEBKIT} Mobile/15E148 Instagram 361.0.0.35.82`],
  [
    'Samsung Internet 28',
    `Mozilla/5.0 (Linux; Android 10; K) ${BLINK} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
  ],
  ['Opera 124', `${WINDOWS} ${BLINK} Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0`],
  [
    'Android web view 141',
    `Mozilla/5.0 (Linux; Android 15; Pixel 9 Build/BP1A; wv) ${BLINK} Version/4.0 Chrome/141.0.7390.122 Mobile Safari/537.36`,
  ],
  ['bot', 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'],
  [
    'bot',
    `Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) ${BLINK} Chrome/141.0.7390.122 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`,
  ],
  ['bot', `Mozilla/5.0 (X11; Linux x86_64) ${BLINK} HeadlessChrome/142.0.0.0 Safari/537.36`],
  [
    'Chromium 141',
    `Mozilla/5.0 (Linux; Android 13; CUBOT P80) ${BLINK} Chrome/141.0.0.0 Mobile Safari/537.36`,
  ],
  ['bot', 'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)'],
  ['Node', 'node'],
  ['Node', 'undici'],
  ['other', 'curl/8.5.0'],
  ['other', ''],
  ['other', 'Chrome'],
])('%s sends %s', (browser, userAgent) => {
  expect(browserOf(userAgent)).toBe(browser)
  expect(browser.startsWith(familyOf(browser))).toBe(true)
})

test('a family is one of those that there are, whatever an event says', () => {
  const said = [
    'Firefox 145',
    'Android web view 141',
    'Samsung Internet 28',
    'bot',
    'Netscape 4',
    '',
    '145',
    'Firefox  ',
  ]

  expect(said.map(familyOf)).toEqual([
    'Firefox',
    'Android web view',
    'Samsung Internet',
    'bot',
    'other',
    'other',
    'other',
    'other',
  ])
})

test('a long User-Agent is read in no time', () => {
  const hostile = ['Version/1', 'iPhone OS 1_', '; wv) Chrome/', 'Mozilla/5.0 '].map((text) =>
    text.repeat(2_000),
  )

  const before = performance.now()
  for (const userAgent of hostile) browserOf(userAgent)

  expect(performance.now() - before).toBeLessThan(1_000)
})
