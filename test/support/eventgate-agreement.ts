import { deflateSync, gzipSync } from 'node:zlib'
import { click } from '../e2e/intake/temp-intake.ts'

/** A request to an intake; by default a `POST` of JSON to `/v1/events`. */
export interface Sent {
  readonly method?: string
  readonly path?: string
  /** A text or bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown
  /** `content-type`; '' for none. */
  readonly type?: string
  readonly headers?: { readonly [name: string]: string }
}

/** What EventGate and our intake answer to some requests of a kind. */
export interface Agreement {
  /** As the README says it. */
  readonly what: string
  readonly sent: readonly Sent[]
  /** To an intake that takes so large a body, in place of 100 kB. */
  readonly maxBodyBytes?: number
  /** The header that matters; else it is status and body, in the words of `answerOf`. */
  readonly header?: string
  readonly eventgate: string
  /** Where it is another. */
  readonly ours?: string
  readonly because?: string
}

const DT = '2026-11-22T10:00:01.000Z'
const META = { stream: 'shop.click', dt: DT }

/** A valid event without the help of an intake: plain EventGate fills nothing in. */
const valid = (fields: object = {}) => click(undefined, { meta: META, ...fields })
const VALID = valid()
const INVALID = valid({ action: 'steal' })
const UNKNOWN_SCHEMA = valid({ $schema: '/nowhere/at_all/1.0.0' })

const LIMIT = 102_400
/** A valid event of so many bytes. */
function eventOf(bytes: number): string {
  const rest = bytes - JSON.stringify(valid({ note: '' })).length
  return JSON.stringify(valid({ note: 'x'.repeat(rest) }))
}
const gzipped = (text: string, encoding = 'gzip') => ({
  body: encoding === 'gzip' ? gzipSync(text) : deflateSync(text),
  headers: { 'content-encoding': encoding },
})
const HASTY = '/v1/events?hasty=true'

/** A header that is the same whatever is asked and answered. */
const cors = (row: Omit<Agreement, 'what' | 'sent'> & { readonly header: string }): Agreement => ({
  what: `the header \`${row.header}\``,
  sent: [
    { body: VALID },
    { body: INVALID },
    { body: '' },
    { body: '{' },
    { body: VALID, path: HASTY },
    { method: 'OPTIONS' },
    { method: 'GET' },
    { method: 'GET', path: '/v1/other' },
  ],
  ...row,
})

/** Request by request, as a real EventGate 1.8.4 answers with its default factory, and as we do. */
export const AGREEMENT: readonly Agreement[] = [
  {
    what: 'valid: an object, an array of one, a batch of 3',
    sent: [{ body: VALID }, { body: [VALID] }, { body: [VALID, VALID, VALID] }],
    eventgate: '201',
  },
  { what: 'all invalid', sent: [{ body: [INVALID, INVALID] }], eventgate: '400 {"invalid":2}' },
  {
    what: 'valid and invalid',
    sent: [{ body: [VALID, INVALID] }],
    eventgate: '207 {"invalid":1,"error":0}',
  },
  {
    what: 'alone: an unknown schema, no `$schema`, one without `/` in front, `[null]`',
    sent: [
      { body: UNKNOWN_SCHEMA },
      { body: valid({ $schema: undefined }) },
      { body: valid({ $schema: 'shop/click/1.0.0' }) },
      { body: [null] },
    ],
    eventgate: '500 {"invalid":0,"error":1}',
  },
  {
    what: 'an unknown schema, and valid',
    sent: [{ body: [UNKNOWN_SCHEMA, VALID] }],
    eventgate: '207 {"invalid":0,"error":1}',
  },
  {
    what: 'an unknown schema, and invalid',
    sent: [{ body: [UNKNOWN_SCHEMA, INVALID] }],
    eventgate: '500 {"invalid":1,"error":1}',
  },
  {
    what: 'no `meta`, no `meta.stream`, no `dt` that is required, `null` for an optional field, an undeclared field',
    sent: [
      { body: valid({ meta: undefined }) },
      { body: valid({ meta: { dt: DT } }) },
      { body: valid({ dt: undefined }) },
      { body: valid({ note: null }) },
      { body: valid({ colour: 'red' }) },
    ],
    eventgate: '400 {"invalid":1}',
  },
  {
    what: 'no `meta.dt` that is required',
    sent: [{ body: click('a') }],
    eventgate: '400 {"invalid":1}',
    ours: '201',
    because: "filled in, as Wikimedia's own EventGate does",
  },
  {
    what: 'a stream that is not configured, or is of another schema',
    sent: [
      { body: valid({ meta: { ...META, stream: 'shop.other' } }) },
      { body: valid({ meta: { ...META, stream: 'shop.view' } }) },
    ],
    eventgate: '201',
    ours: '500 {"invalid":0,"error":1}',
    because: "stream config says what comes in, as with Wikimedia's own",
  },
  {
    what: '`$schema` of the latest version, or of a file',
    sent: [
      { body: valid({ $schema: '/shop/click/latest' }) },
      { body: valid({ $schema: '/shop/click/1.0.0.json' }) },
    ],
    eventgate: '201',
  },
  {
    what: 'malformed JSON, a bare JSON text; also with `?hasty=true`',
    sent: [{ body: '{"a":' }, { body: '"text"' }, { body: '{"a":', path: HASTY }],
    eventgate: '500 SyntaxError',
    ours: '400 SyntaxError',
    because: 'no retry mends it',
  },
  {
    what: 'a byte order mark or blanks in front',
    sent: [{ body: `\ufeff${JSON.stringify(VALID)}` }, { body: ` \n${JSON.stringify(VALID)}` }],
    eventgate: '201',
  },
  {
    what: 'a time with a blank for its T, in lower case, with the month 13 or the zone `+0100`',
    sent: [
      { body: valid({ dt: '2026-11-22 10:00:00Z' }) },
      { body: valid({ dt: '2026-11-22t10:00:00z' }) },
      { body: valid({ dt: '2026-13-22T10:00:00.123456789Z' }) },
      { body: valid({ dt: '2026-11-22T10:00:00+0100' }) },
    ],
    eventgate: '201',
  },
  {
    what: 'a time without a zone, a mere day, the hour 35',
    sent: [
      { body: valid({ dt: '2026-11-22T10:00:00' }) },
      { body: valid({ dt: '2026-11-22' }) },
      { body: valid({ dt: '2026-11-22T35:00:00Z' }) },
    ],
    eventgate: '400 {"invalid":1}',
  },
  {
    what: 'an empty body, `{}`, `[]`; also with `?hasty=true`',
    sent: [{ body: '' }, { body: '{}' }, { body: '[]' }, { body: '', path: HASTY }],
    eventgate: '400',
  },
  {
    what: '`text/plain`, valid',
    sent: [{ body: VALID, type: 'text/plain;charset=UTF-8' }],
    eventgate: '201',
  },
  {
    what: '`text/plain`, invalid',
    sent: [{ body: INVALID, type: 'text/plain' }],
    eventgate: '400 {"invalid":1}',
  },
  {
    what: '`application/reports+json`, valid',
    sent: [{ body: VALID, type: 'application/reports+json' }],
    eventgate: '201',
  },
  {
    what: '`application/x-ndjson`, `…/octet-stream`, `…/x-www-form-urlencoded`, no type',
    sent: ['application/x-ndjson', 'application/octet-stream', 'application/x-www-form-urlencoded', ''].map(
      (type) => ({
        body: VALID,
        type,
      }),
    ),
    eventgate: '400',
  },
  {
    what: '`charset=iso-8859-1`, `Content-Encoding: br`',
    sent: [
      { body: VALID, type: 'application/json; charset=iso-8859-1' },
      { body: VALID, headers: { 'content-encoding': 'br' } },
    ],
    eventgate: '500 UnsupportedMediaTypeError',
    ours: '415 UnsupportedMediaTypeError',
    because: 'no retry mends it',
  },
  {
    what: 'in UTF-16, where the charset says so',
    sent: [
      { body: Buffer.from(JSON.stringify(VALID), 'utf16le'), type: 'application/json; charset=utf-16le' },
    ],
    eventgate: '201',
    ours: '415 UnsupportedMediaTypeError',
    because: 'no client is known that sends it',
  },
  {
    what: '`Content-Encoding: gzip`, `deflate`',
    sent: [gzipped(JSON.stringify(VALID)), gzipped(JSON.stringify(VALID), 'deflate')],
    eventgate: '201',
  },
  {
    what: '`Content-Encoding: gzip` of what is none',
    sent: [{ body: VALID, headers: { 'content-encoding': 'gzip' } }],
    eventgate: '500 Error',
    ours: '400 BadRequestError',
    because: 'no retry mends it',
  },
  {
    what: '`?hasty=true`, valid and invalid; `?hasty=false`',
    sent: [
      { body: VALID, path: HASTY },
      { body: INVALID, path: HASTY },
      { body: INVALID, path: '/v1/events?hasty=false' },
    ],
    eventgate: '202',
  },
  {
    what: '`?hasty=`, invalid',
    sent: [{ body: INVALID, path: '/v1/events?hasty=' }],
    eventgate: '400 {"invalid":1}',
  },
  {
    what: 'as large as is allowed (100 kB, counted after inflation)',
    sent: [{ body: eventOf(LIMIT) }, gzipped(eventOf(LIMIT))],
    eventgate: '201',
  },
  {
    what: 'one byte more; also with `?hasty=true`',
    sent: [
      { body: eventOf(LIMIT + 1) },
      gzipped(eventOf(LIMIT + 1)),
      { body: eventOf(LIMIT + 1), path: HASTY },
    ],
    eventgate: '500 PayloadTooLargeError',
    ours: '413 PayloadTooLargeError',
    because: 'so that clients send less at once, and not the same again',
  },
  {
    what: '20,000 small events, where so large a body is allowed',
    sent: [{ body: Array.from({ length: 20_000 }, () => VALID) }],
    maxBodyBytes: 4_000_000,
    eventgate: '201',
    ours: '413 PayloadTooLargeError',
    because: 'at most 10,000 (`--batch-limit`), so that none holds up others',
  },
  { what: '`POST /v1/events/`', sent: [{ body: VALID, path: '/v1/events/' }], eventgate: '201' },
  { what: '`OPTIONS /v1/events`', sent: [{ method: 'OPTIONS' }], eventgate: '200 POST' },
  {
    what: '`GET /v1/events`',
    sent: [{ method: 'GET' }],
    eventgate: '404 HTML',
    ours: '405 MethodNotAllowedError',
    because: 'says what is wrong',
  },
  {
    what: '`POST /v1/other`',
    sent: [{ body: VALID, path: '/v1/other' }],
    eventgate: '404 HTML',
    ours: '404 NotFoundError',
    because: 'JSON, as all refusals',
  },
  {
    what: '`GET /v1/_test/events`, where it is set up',
    sent: [{ method: 'GET', path: '/v1/_test/events' }],
    eventgate: '201',
    ours: '404 NotFoundError',
    because: '`/readyz` tells whether it can store, and stores nothing for it',
  },
  cors({ header: 'Access-Control-Allow-Origin', eventgate: '*' }),
  cors({ header: 'Access-Control-Allow-Headers', eventgate: 'accept, x-requested-with, content-type' }),
  cors({ header: 'Access-Control-Allow-Methods', eventgate: 'post' }),
  cors({
    header: 'Access-Control-Expose-Headers',
    eventgate: 'etag',
    ours: 'etag, retry-after',
    because: 'a page waits as long as it is told',
  }),
  cors({ header: 'Access-Control-Allow-Credentials', eventgate: 'none' }),
  cors({ header: 'Access-Control-Max-Age', eventgate: 'none' }),
]

/** Sends a request, and tells of the answer what a row of the table compares. */
export async function answerOf(
  url: string,
  { method = 'POST', path = '/v1/events', body, type = 'application/json', headers = {} }: Sent,
  header?: string,
): Promise<string> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch(url + path, {
    method,
    // As bytes: of a text, fetch itself would say the type.
    body: method === 'POST' ? Buffer.from(isRaw ? body : JSON.stringify(body)) : null,
    headers: { ...(type ? { 'content-type': type } : {}), ...headers },
  })
  const text = await response.text()
  if (header) return response.headers.get(header) ?? 'none'
  return `${response.status} ${inShort(text)}`.trim()
}

/** Lists are told by their lengths, problem objects by their titles. */
function inShort(text: string): string {
  if (/^<!doctype html/i.test(text)) return 'HTML'
  if (!text.startsWith('{')) return text
  const { title, ...lists } = JSON.parse(text) as { title?: string; [list: string]: unknown }
  if (title !== undefined) return title
  return JSON.stringify(lists, (key, value) => (Array.isArray(value) && key ? value.length : value))
}
