/** In this order, since most of them claim to be others, too. What is in front of the version names it. */
const BROWSERS: readonly (readonly [family: string, token: RegExp])[] = [
  // Phones are called Cubot.
  ['bot', /(?<!cu)bot\b|crawl|spider|slurp|facebookexternalhit|lighthouse|headless|preview/i],
  ['Node', /^(?:node|undici)\b|node\.js|node-fetch/i],
  ['Edge', /\bEdg(?:e|A|iOS)?\/(\d+)/],
  ['Opera', /\b(?:OPR|OPT|OPX|Opera)\/(\d+)/],
  ['Samsung Internet', /\bSamsungBrowser\/(\d+)/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/(\d+)/],
  ['Android web view', /; wv\).*\bChrome\/(\d+)/],
  ['Chromium', /\b(?:Chrome|Chromium|CriOS)\/(\d+)/],
  ['Safari', /\bVersion\/(\d+)\S* .*\bSafari\//],
  ['iOS web view', /\b(?:iPhone|iPad|iPod)\b.*\bOS (\d+)_.*\bAppleWebKit\//],
]

/** In characters; no browser's own is longer, and the expressions take quadratic time. */
const LONGEST = 512

/** What browsers are called here, without their versions. */
const FAMILIES = new Set([...BROWSERS.map(([family]) => family), 'other'])

/**
 * The family and major version of what sends a User-Agent, as `Firefox 145`; a bot's and Node's without version,
 * `other` where it is none of these. Browsers built on Chromium that do not say their own name are Chromium.
 */
export function browserOf(userAgent: string): string {
  const text = userAgent.slice(0, LONGEST)
  for (const [family, token] of BROWSERS) {
    const [found, version] = token.exec(text) ?? []
    if (found !== undefined) return version === undefined ? family : `${family} ${version}`
  }
  return 'other'
}

/** The family in what `browserOf` returned; `other` for what it never returns. */
export function familyOf(browser: string): string {
  // Not by a regular expression: at its start, an intake asks for each stored event.
  const family = FAMILIES.has(browser) ? browser : browser.slice(0, Math.max(0, browser.lastIndexOf(' ')))
  return FAMILIES.has(family) ? family : 'other'
}
