// Writes a data folder as an intake of a busy shop would have left it, for measuring what reads one. The same seed,
// number and end give the same events. Streams and schemas: examples/shop.
//
//   node test/bench/stored-events.mjs --data DIR --events 1000000 [--days 3] [--seed 1] [--until 2026-11-27T12:00:00Z]
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { createRandom } from '../support/random.mjs'

/** @typedef {{ [field: string]: any }} Fields */
/** @typedef {{ stream: string, at: number, event: Fields }} Stored at: of receipt, in ms since 1970 */

/**
 * @typedef {object} Setting
 * @property {string} data the folder; made if it is missing
 * @property {number} events how many lines in all, those of rivulet.rejected, rivulet.ledger and rivulet.duplicates too
 * @property {number} [days] over how many days of receipt
 * @property {number} [seed]
 * @property {Date} [until] when the last was received
 */

const DAY = 86_400_000
const MINUTE = 60_000
const BUFFER = 1 << 20

const BROWSERS = /** @type {const} */ ([
  ['Chromium 142', 0.46],
  ['Safari 26', 0.22],
  ['Edge 142', 0.1],
  ['Firefox 145', 0.09],
  ['Samsung Internet 28', 0.05],
  ['Chromium 118', 0.05],
  ['Opera 124', 0.02],
  ['other', 0.01],
])
const SDKS = /** @type {const} */ ([
  ['rivulet/0.1.0', 0.8],
  ['rivulet/0.0.9', 0.2],
])
const PRODUCTS = Array.from({ length: 40 }, (_, index) => `product-${index + 1}`)
const PAGES = [
  '/',
  '/list',
  '/search',
  '/cart',
  '/checkout',
  '/thanks',
  ...PRODUCTS.map((id) => `/product/${id}`),
]
const DOMAIN = 'shop.example.org'
const FOUR_DIGITS = Array.from({ length: 2 ** 16 }, (_, value) => value.toString(16).padStart(4, '0'))

/**
 * Returns the number of events by stream.
 *
 * @param {Setting} setting
 * @returns {{ [stream: string]: number }}
 */
export function writeStoredEvents({ data, events, days = 3, seed = 1, until = new Date() }) {
  const random = createRandom(seed)
  const files = createFiles(data)
  const start = until.getTime() - days * DAY
  const shop = createShop(random, { start, until: until.getTime() })
  /** @type {{ [stream: string]: number }} */
  const counts = {}
  /** By minute of receipt: what a visitor's browser kept for hours is stored hours later. @type {Map<number, Stored[]>} */
  const due = new Map()
  let stored = 0
  let minute = Math.floor(start / MINUTE)

  while (stored < events) {
    const at = start + days * DAY * dayShape(stored / events, days)
    for (const one of shop.pageView(at)) {
      if (stored === events) break
      stored++
      counts[one.stream] = 1 + (counts[one.stream] ?? 0)
      one.at = Math.min(one.at, until.getTime())
      const minuteOfReceipt = Math.floor(one.at / MINUTE)
      const others = due.get(minuteOfReceipt)
      if (others) others.push(one)
      else due.set(minuteOfReceipt, [one])
    }
    for (; minute < Math.floor(at / MINUTE); minute++) write(minute)
  }
  for (const left of [...due.keys()].sort((a, b) => a - b)) write(left)
  files.close()
  return counts

  /** @param {number} minute */
  function write(minute) {
    const lines = due.get(minute)
    if (!lines) return
    due.delete(minute)
    for (const line of lines.sort((a, b) => a.at - b.at)) files.write(line)
  }
}

/**
 * A shop sells less at night: grows from 0 to 1, in waves.
 *
 * @param {number} share
 * @param {number} days
 */
function dayShape(share, days) {
  const waves = 2 * Math.PI * days
  return share - (0.7 * Math.sin(waves * share)) / waves
}

/**
 * @param {() => number} random
 * @param {{ start: number, until: number }} time
 */
function createShop(random, { start, until }) {
  /** Rates are raised in the middle. */
  const raisedAt = (start + until) / 2
  let session = beginSession(start)

  return { pageView }

  /** @param {number} at */
  function beginSession(at) {
    const clockIsWrong = random() < 0.02
    return {
      id: hex(20),
      pagesLeft: 1 + Math.floor(random() * 6),
      browser: oneOf(BROWSERS),
      sdk: oneOf(SDKS),
      isMobile: random() < 0.5,
      slowness: Math.exp(0.5 * bell()),
      /** What its clock is behind, in ms. */
      skew: Math.round(clockIsWrong ? bell() * 3_600_000 : 150 * bell()),
      began: at,
    }
  }

  /**
   * What is stored of one page view, about ten events.
   *
   * @param {number} at when it began, by the intake's clock
   * @returns {Stored[]}
   */
  function pageView(at) {
    if (session.pagesLeft === 0) session = beginSession(at)
    session.pagesLeft--
    const { id: sessionId, browser, sdk, skew, slowness, isMobile } = session
    const instance = uuid7(at - skew)
    const pageview = hex(20)
    const page = PAGES[Math.floor(PAGES.length * random() ** 1.6)] ?? '/'
    const isRaised = at > raisedAt
    const revision = isRaised ? '2026-11-22.2' : '2026-11-22.1'
    const draw = Number.parseInt(sessionId.slice(0, 8), 16) / 0xffffffff
    /** @type {{ [stream: string]: number }} */
    const rates = { 'shop.impression': isRaised ? 0.5 : 0.2, 'shop.click': isRaised ? 1 : 0.5 }
    const isForced = random() < 0.001
    // Most of a page's events are sent while it lives; some wait for the next visit.
    const wait = random() < 0.01 ? random() * 6 * 3_600_000 : 0
    const latency = 60 - 200 * Math.log(1 - random())

    /** @type {Map<string, { submitted: number, keptOut: number, seqs: number, lost: number[], evicted: number[] }>} */
    const account = new Map()
    /** @type {Stored[]} */
    const stored = []
    /** @type {{ stream: string, count: number }[]} */
    const again = []
    const performer = { session_id: sessionId, pageview_id: pageview }
    const agent = { client_platform_family: isMobile ? 'mobile_browser' : 'desktop_browser' }

    submit('shop.page_view', 0, {
      $schema: '/shop/page_view/1.0.0',
      path: page,
      agent,
      page: { title: `${page} · Millrace` },
      performer,
    })
    if (page === '/list' || page === '/search')
      for (let position = 1; position <= 8; position++)
        submit('shop.impression', position * 400, {
          $schema: '/shop/impression/1.0.0',
          product_id: product(),
          position,
        })
    for (let left = Math.floor(random() * 6); left > 0; left--)
      submit('shop.click', random() * 40_000, {
        $schema: '/shop/click/1.0.0',
        action: random() < 0.7 ? 'open_product' : 'add_to_basket',
        product_id: product(),
        basket: { size: Math.floor(random() * 4) },
        performer,
      })
    if (page === '/thanks') {
      const price_cents = 500 + Math.floor(random() * 9_000)
      submit('shop.purchase', 500, {
        $schema: '/shop/purchase/1.0.0',
        order_id: `M-${Math.floor(random() * 1e6)}`,
        channel: 'web',
        currency: 'EUR',
        total_cents: price_cents,
        lines: [{ product_id: product(), quantity: 1, price_cents }],
      })
    }
    webVital('TTFB', 200 * slowness * Math.exp(0.5 * bell()), 800)
    webVital('FCP', 900 * slowness * Math.exp(0.4 * bell()), 1_500)
    const weight = 1 + (page.length % 7) / 7
    webVital('LCP', 1_500 * weight * slowness * Math.exp(0.4 * bell()), 20_000)
    // Reported anew where the page was hidden and came back.
    const cls = 0.05 * weight * Math.exp(bell())
    webVital('CLS', cls, 20_000, { again: random() < 0.1 ? cls * 1.5 : undefined })
    if (random() < 0.7) {
      const inp = 110 * slowness * weight * Math.exp(0.6 * bell())
      webVital('INP', inp, 20_000, { again: random() < 0.1 ? inp * 1.3 : undefined })
    }
    if (!isForced) tell()
    note()
    return stored

    /**
     * @param {'TTFB' | 'FCP' | 'LCP' | 'CLS' | 'INP'} name
     * @param {number} exact
     * @param {number} after
     * @param {{ again?: number | undefined }} [later]
     */
    function webVital(name, exact, after, { again } = {}) {
      const metric_id = `v6-${at.toFixed()}-${1e12 + Math.floor(random() * 9e12)}`
      let before = 0
      for (const exactly of again === undefined ? [exact] : [exact, again]) {
        const value = name === 'CLS' ? Number(exactly.toFixed(4)) : Math.round(exactly * 10) / 10
        submit('rivulet.web_vital', after + (before && 9_000), {
          $schema: '/rivulet/web_vital/1.0.0',
          name,
          value,
          delta: value - before,
          navigation_type: 'navigate',
          metric_id,
          page,
        })
        before = value
      }
    }

    /**
     * @param {string} stream
     * @param {number} after
     * @param {Fields} fields
     */
    function submit(stream, after, fields) {
      const rate = rates[stream] ?? 1
      const kept = accountOf(stream)
      if (!isForced) {
        kept.submitted++
        if (draw >= rate) {
          kept.keptOut++
          return
        }
        kept.seqs++
      }
      const fate = isForced ? 1 : random()
      if (fate < 0.002) return void kept.lost.push(kept.seqs)
      if (fate < 0.003) return void kept.evicted.push(kept.seqs)

      const happenedAt = at + after
      // What is submitted within two seconds is sent together.
      const receivedAt = Math.round(Math.ceil((happenedAt + 1) / 2_000) * 2_000 + wait + latency)
      /** @type {Fields} */
      const producer = { sdk, id: instance }
      if (!isForced) producer.seq = kept.seqs
      if (rate < 1) producer.unit = 'session'
      producer.rate = rate
      producer.revision = revision
      if (isForced) producer.debug = true
      producer.skew_ms = skew + Math.round(random() * 80)
      producer.browser = browser
      const meta = { id: uuid7(happenedAt - skew), stream, domain: DOMAIN, producer, dt: iso(receivedAt) }
      const event = { ...fields, meta, dt: iso(happenedAt - skew) }
      if (fate < 0.008) again.push({ stream, count: 1 + Math.floor(random() * 3) })
      if (fate >= 0.99 && stream !== 'rivulet.web_vital') return void stored.push(rejected(event, receivedAt))
      stored.push({ stream, at: receivedAt, event })
    }

    /** The account of the page view, sent as the page is hidden. */
    function tell() {
      const receivedAt = Math.round(at + 42_000 + wait)
      const entries = [...account].map(([stream, { submitted, keptOut, seqs, evicted }]) => {
        /** @type {{ [outcome: string]: number[] }} */
        const settled = seqs > 0 ? { delivered: runsWithout(seqs, evicted) } : {}
        if (evicted.length > 0) settled.evicted = evicted.flatMap((seq) => [seq, seq])
        const kept_out = keptOut > 0 ? { 'out-of-sample': keptOut } : {}
        return { instance, stream, submitted, last: seqs, kept_out, settled }
      })
      if (random() < 0.05) return // the page died before it could tell
      const producer = {
        sdk,
        id: instance,
        seq: 1,
        rate: 1,
        revision,
        skew_ms: skew + Math.round(random() * 80),
        browser,
      }
      const stream = 'rivulet.ledger'
      const event = {
        account: uuid7(at - skew),
        version: entries.reduce((sum, { submitted, last }) => sum + submitted + 2 * last, 0),
        sdk,
        entries,
        troubles: random() < 0.03 ? { unreachable: 1 } : {},
        $schema: '/rivulet/ledger/1.0.0',
        meta: { id: uuid7(at + 41_000 - skew), stream, domain: DOMAIN, producer, dt: iso(receivedAt) },
        dt: iso(at + 41_000 - skew),
      }
      stored.push({ stream, at: receivedAt, event })
    }

    /** The intake's own, of what came again. */
    function note() {
      if (again.length === 0) return
      const receivedAt = Math.round(at + 45_000 + wait)
      const dt = iso(receivedAt)
      const duplicates = again.map(({ stream, count }) => ({ stream, sdk, instance, count }))
      const meta = { stream: 'rivulet.duplicates', id: uuid4(), dt }
      const event = { $schema: '/rivulet/duplicates/1.0.0', meta, dt, duplicates }
      stored.push({ stream: meta.stream, at: receivedAt, event })
    }

    /** @param {string} stream */
    function accountOf(stream) {
      const known = account.get(stream)
      if (known) return known
      const begun = { submitted: 0, keptOut: 0, seqs: 0, lost: [], evicted: [] }
      account.set(stream, begun)
      return begun
    }
  }

  /**
   * @param {Fields} event
   * @param {number} at
   * @returns {Stored}
   */
  function rejected(event, at) {
    const dt = iso(at)
    const [change, problem] = /** @type {[Fields, string]} */ (
      [
        [{ acton: 'buy' }, '/acton is not a field of its schema'],
        [{ productId: 'x' }, '/productId is not a field of its schema (did you mean product_id?)'],
        [{ dt: 'yesterday' }, '/dt must be a date-time (was "yesterday")'],
        [{ $schema: `${event.$schema}0` }, `Failed loading schema at ${event.$schema}0`],
      ][Math.floor(4 * random() ** 2)]
    )
    const raw = { ...event, ...change }
    return {
      stream: 'rivulet.rejected',
      at,
      event: {
        $schema: '/rivulet/rejected/1.0.0',
        meta: { stream: 'rivulet.rejected', id: uuid4(), dt },
        dt,
        kind: change.$schema ? 'error' : 'invalid',
        message: problem,
        problems: [problem],
        errored_stream_name: raw.meta.stream,
        errored_schema_uri: raw.$schema,
        raw_event: JSON.stringify(raw),
      },
    }
  }

  /**
   * @template Value
   * @param {readonly (readonly [Value, number])[]} shares
   */
  function oneOf(shares) {
    let left = random()
    for (const [value, share] of shares) {
      left -= share
      if (left < 0) return value
    }
    return /** @type {readonly [Value, number]} */ (shares[0])[0]
  }

  function product() {
    return PRODUCTS[Math.floor(PRODUCTS.length * random())] ?? ''
  }

  /** About as a normal distribution. */
  function bell() {
    return (random() + random() + random() + random() - 2) * Math.sqrt(3)
  }

  /** @param {number} digits */
  function hex(digits) {
    let text = ''
    while (text.length < digits) text += FOUR_DIGITS[Math.floor(random() * FOUR_DIGITS.length)]
    return text.slice(0, digits)
  }

  /** @param {number} at */
  function uuid7(at) {
    const time = Math.floor(at).toString(16).padStart(12, '0')
    const rest = hex(18)
    return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-a${rest.slice(3, 6)}-${rest.slice(6)}`
  }

  function uuid4() {
    const all = hex(30)
    return `${all.slice(0, 8)}-${all.slice(8, 12)}-4${all.slice(12, 15)}-b${all.slice(15, 18)}-${all.slice(18)}`
  }
}

/**
 * The numbers from 1 to `last` but some, as from, to, from, to, …
 *
 * @param {number} last
 * @param {readonly number[]} others
 */
function runsWithout(last, others) {
  const runs = []
  let from = 1
  for (const other of [...others, last + 1]) {
    if (from < other) runs.push(from, other - 1)
    from = other + 1
  }
  return runs
}

/** @param {number} at */
function iso(at) {
  return new Date(at).toISOString()
}

/**
 * A folder a stream, a file a UTC day of receipt, a JSON line an event.
 *
 * @param {string} data
 */
function createFiles(data) {
  /** @type {Map<string, { fd: number, text: string }>} */
  const files = new Map()
  return {
    /** @param {Stored} stored */
    write({ stream, at, event }) {
      const name = join(stream, `${iso(at).slice(0, 10)}.jsonl`)
      const file = files.get(name) ?? open(name)
      file.text += `${JSON.stringify(event)}\n`
      if (file.text.length > BUFFER) flush(file)
    },
    close() {
      for (const file of files.values()) {
        flush(file)
        closeSync(file.fd)
      }
    },
  }

  /** @param {string} name */
  function open(name) {
    const path = join(data, name)
    mkdirSync(join(path, '..'), { recursive: true })
    const file = { fd: openSync(path, 'w'), text: '' }
    files.set(name, file)
    return file
  }

  /** @param {{ fd: number, text: string }} file */
  function flush(file) {
    writeSync(file.fd, file.text)
    file.text = ''
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      events: { type: 'string', default: '100000' },
      days: { type: 'string', default: '3' },
      seed: { type: 'string', default: '1' },
      until: { type: 'string' },
    },
  })
  if (!values.data) throw new Error('say where to write: --data DIR')
  const until = values.until === undefined ? new Date() : new Date(values.until)
  const counts = writeStoredEvents({
    data: values.data,
    events: Number(values.events),
    days: Number(values.days),
    seed: Number(values.seed),
    until,
  })
  process.stdout.write(`${JSON.stringify(counts)}\n`)
}
