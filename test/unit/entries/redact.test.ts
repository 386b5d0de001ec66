import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRedact } from '../../../src/entries/redact.ts'

/** Throws where somebody writes to it. */
function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value) {
    for (const field of Object.values(value)) frozen(field)
    Object.freeze(value)
  }
  return value
}

/** Of a text that stands alone in an event. */
const inText = (redact: ReturnType<typeof createRedact>, text: string) => redact({ text }).text

describe('a path', () => {
  const event = {
    customer: { email: 'a@b.example', name: 'Ada', plan: 'free' },
    items: [{ note: 'ring twice', sku: 'a' }, { sku: 'b' }, [{ note: 'nested', sku: 'c' }]],
    tags: ['one', 'two'],
    action: 'buy',
  }

  test.for<[paths: string[], left: object]>([
    [['customer.email'], { ...event, customer: { name: 'Ada', plan: 'free' } }],
    [['customer'], { items: event.items, tags: event.tags, action: 'buy' }],
    [['customer.*'], { ...event, customer: {} }],
    [
      ['*.name', 'action'],
      { customer: { email: 'a@b.example', plan: 'free' }, items: event.items, tags: event.tags },
    ],
    [['items.*.note'], { ...event, items: [{ sku: 'a' }, { sku: 'b' }, [{ sku: 'c' }]] }],
    [['items.note'], { ...event, items: [{ sku: 'a' }, { sku: 'b' }, [{ sku: 'c' }]] }],
    [['items.0.note'], { ...event, items: [{ sku: 'a' }, { sku: 'b' }, [{ sku: 'c' }]] }],
    [['tags.*'], { ...event, tags: [] }],
    [['tags.0'], { ...event, tags: [] }],
    [['customer.email.domain', 'nobody.there', 'mail', 'customer.e', 'ustomer.email'], event],
    [['*'], {}],
  ])('%j takes out the field, and nothing else', ([paths, left]) => {
    expect(createRedact({ paths })(event)).toEqual(left)
  })

  test('reaches keys with dots and line breaks in them, and goes by their case', () => {
    const redact = createRedact({ paths: ['form.e.mail', 'x.*'] })
    const form = { 'e.mail': 1, e: { mail: 2, 'm.ail': 3 }, 'E.mail': 4 }

    expect(redact({ form, x: { 'a.b': 5, 'a\nb': 6 } })).toEqual({
      form: { e: { 'm.ail': 3 }, 'E.mail': 4 },
      x: {},
    })
  })

  test('has no characters with a meaning but the dot and the star', () => {
    const redact = createRedact({ paths: ['a+', '(b).[c]', '$d', 'e|f', 'größe', '😀'] })

    expect(
      redact({ 'a+': 1, aa: 2, '(b)': { '[c]': 3, c: 4 }, $d: 5, e: 6, f: 7, 'e|f': 8, größe: 9, '😀': 10 }),
    ).toEqual({ aa: 2, '(b)': { c: 4 }, e: 6, f: 7 })
  })

  test('leaves in `meta` what an event is known by', () => {
    const meta = {
      id: '1',
      stream: 's',
      producer: { id: 'p', sdk: 'rivulet' },
      domain: 'd',
      note: 'n',
      ids: 1,
    }
    const redact = createRedact({
      paths: ['*', 'meta', 'meta.*', 'meta.id', 'meta.stream', 'meta.producer', 'meta.producer.*'],
    })

    expect(redact({ meta, id: 1, stream: 2 })).toEqual({
      meta: { id: '1', stream: 's', producer: { id: 'p', sdk: 'rivulet' } },
    })
  })

  test('is the field that a context value becomes', () => {
    const values = {
      page_title: 'Ada',
      page_content_language: 'en',
      shop: { user_name: 'a', id: 1 },
      order_id: 7,
    }

    expect(createRedact({ paths: ['page.title'] })(values, true)).toEqual({
      ...values,
      page_title: undefined,
    })
    expect(createRedact({ paths: ['page.*', 'shop.user_name'] })(values, true)).toEqual({
      shop: { id: 1 },
      order_id: 7,
    })
    expect(createRedact({ paths: ['page'] })(values, true)).toEqual({ shop: values.shop, order_id: 7 })
    expect(createRedact({ paths: ['*.id'] })(values)).toMatchObject({ order_id: 7, shop: { user_name: 'a' } })
  })

  test('with a replacement, has that text in place of a text; other values are taken out', () => {
    const redact = createRedact({ paths: ['customer', 'name', 'age', 'tags.*'], replacement: 'not kept' })

    expect(redact({ name: 'Ada', age: 36, tags: ['a', 'b', 3], customer: { email: 'a@b.example' } })).toEqual(
      {
        name: 'not kept',
        tags: ['not kept', 'not kept'],
      },
    )
  })
})

describe('a URL parameter', () => {
  const redact = createRedact({ urlParameters: ['token', 'E-Mail', 'größe', 'user[name]'] })

  test.for([
    ['https://shop.example/cart?token=abc&page=2', 'https://shop.example/cart?token=&page=2'],
    ['/cart?page=2&token=abc#top', '/cart?page=2&token=#top'],
    ['?token=abc', '?token='],
    ['token=abc&page=2', 'token=&page=2'],
    ['https://shop.example/#token=abc&page=2', 'https://shop.example/#token=&page=2'],
    ['https://shop.example/#/reset?token=abc', 'https://shop.example/#/reset?token='],
    ['/a?TOKEN=abc&e-mAIL=a@b.example', '/a?TOKEN=&e-mAIL='],
    ['/a?%74oke%6E=abc&to%4Ben=abc', '/a?%74oke%6E=&to%4Ben='],
    ['/a?gr%C3%B6%C3%9Fe=9&gr%c3%96ße=9', '/a?gr%C3%B6%C3%9Fe=&gr%c3%96ße='],
    ['/a?token[]=abc&token%5Bx%5D=abc&user%5Bname%5D=a', '/a?token[]=&token%5Bx%5D=&user%5Bname%5D='],
    ['/a?token=abc%26def=x%3D&b', '/a?token=&b'],
    ['/a?token=abc;def&amp;token=abc', '/a?token=&amp;token='],
    ['/a;token=abc?b', '/a;token='],
    ['/login?to=%2Freset%3Fa%3D1%26token%3Dabc&b=1', '/login?to=%2Freset%3Fa%3D1%26token%3D&b=1'],
    ['/login?to=%252Freset%253Ftoken%253Dabc&b=1', '/login?to=%252Freset%253Ftoken%253D&b=1'],
    [
      'GET https://a.example/?token=abc failed at /b?token=abc',
      'GET https://a.example/?token= failed at /b?token=',
    ],
    // JSON within a text, as servers write it that keep `&` and `=` out of their pages.
    ['{"to":"/a?b=1\\u0026token=abc"}', '{"to":"/a?b=1\\u0026token='],
    ['/a?token\\u003dabc', '/a?token\\u003d'],
    ['https://ada:secret@shop.example/a', 'https://@shop.example/a'],
    ['//ada:se@cret@shop.example/a@b', '//@shop.example/a@b'],
    ['/a?to=https%3A%2F%2Fada%3Asecret%40shop.example%2F', '/a?to=https%3A%2F%2F%40shop.example%2F'],
  ])('is emptied in %s', ([text, left]) => {
    expect(inText(redact, text!)).toBe(left)
  })

  test.for([
    'https://shop.example/cart?page=2&tokens=3&mytoken=4&token',
    'write to ada@shop.example, or see https://medium.example/@ada?by=a@b',
    'the token = abc',
    'https://shop.example/a?to=https%3A%2F%2Fshop.example%2Fu%3Fq%3Da%40b',
    '// a comment, @everyone',
    '',
  ])('that is not named, and any other text, stays: %s', (text) => {
    expect(inText(redact, text)).toBe(text)
  })

  test('is emptied in keys, lists and whatever turns into text', () => {
    const url = new URL('https://shop.example/?token=abc')

    expect(redact({ [url.href]: 1, list: [[url]], url, at: new Date(0) })).toEqual({
      'https://shop.example/?token=': 1,
      list: [['https://shop.example/?token=']],
      url: 'https://shop.example/?token=',
      at: '1970-01-01T00:00:00.000Z',
    })
  })

  test('with a replacement, has that in place of its value, in a form that a URL can have', () => {
    const redact = createRedact({ urlParameters: ['token'], replacement: 'not kept & gone' })

    expect(inText(redact, '//ada@x/?token=abc#token=')).toBe(
      '//not%20kept%20%26%20gone@x/?token=not%20kept%20%26%20gone#token=not%20kept%20%26%20gone',
    )
  })
})

test('with nothing to take out it throws, so that a misspelt option does not go unnoticed', () => {
  expect(() => createRedact({})).toThrow(TypeError)
  expect(() => createRedact({ path: ['a'] } as object)).toThrow('wanted: paths or urlParameters')
  expect(() => createRedact({ paths: 'customer.email' as never })).toThrow(TypeError)
})

test('90 kB of what looks like URLs are read in no time', () => {
  const redact = createRedact({ paths: ['*.*.*', 'a.*.b.*'], urlParameters: ['token', 'email'] })
  const deep = JSON.parse(`${'['.repeat(500)}1${']'.repeat(500)}`)
  const before = performance.now()

  for (const part of [
    '?',
    '%3f',
    '//',
    '%2f',
    '%25',
    '%252525',
    '?token',
    '?token[',
    '//a@',
    '?a=',
    'toke',
    '\\',
    '\\u00',
    '\\u002f',
  ])
    redact({ text: part.repeat(90_000 / part.length), deep })

  expect(performance.now() - before).toBeLessThan(5000)
})

// What must hold always.

const NAME = fc.oneof(
  fc.constantFrom('customer', 'email', 'e-mail', 'größe', 'items', 'note', '$ref', 'a b', '😀', '__proto__'),
  fc.string({ minLength: 1, maxLength: 5 }).filter((name) => !/[.\n*]|^\d+$/.test(name)),
)
/** Nowhere in what is around it. */
const SECRET = '7f3a9c51e0'
const PART = fc.constantFrom(
  ...['https://', '//', '/', '?', '&', '#', ';', '=', '@', '%', '%3F', '%26', '%253D', '%2f', '[', ' ', '\n'],
  ...['token', 'TOKEN', '%74oken', 'email', 'page', 'ada', 'shop.example', '1'],
)
const TEXT = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.array(PART, { maxLength: 12 }).map((parts) => parts.join('')),
)
const JSON_VALUE = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    TEXT,
    fc.integer(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(NAME, TEXT), tie('value'), { maxKeys: 3 }),
  ),
})).value
const FIELDS = fc.dictionary(fc.oneof(NAME, TEXT), JSON_VALUE, { maxKeys: 4 })

/** One step down: into a field, or through a list. */
type Step = { readonly name: string; readonly inLists: number; readonly star: boolean }
const STEPS = fc.array(fc.record<Step>({ name: NAME, inLists: fc.nat(2), star: fc.boolean() }), {
  minLength: 1,
  maxLength: 4,
})

/** An object with the value at the end of the steps. */
function planted([step, ...rest]: readonly Step[], value: unknown): unknown {
  if (!step) return value
  let found = planted(rest, value)
  for (let i = 0; i < step.inLists; i++) found = [1, found]
  return Object.fromEntries([
    ['other', 1],
    [step.name, found],
  ])
}

test('nothing is left at a path that is to be taken out, through lists and whatever it is called', () => {
  fc.assert(
    fc.property(STEPS, fc.constantFrom(`x ${SECRET}`, [SECRET], { a: SECRET }), (steps, secret) => {
      const fields = planted(steps, secret) as object
      const paths = [steps.map(({ name, star }) => (star ? '*' : name)).join('.')]

      for (const replacement of [undefined, 'r']) {
        const left = createRedact({ paths, ...(replacement ? { replacement } : {}) })(fields)
        expect(JSON.stringify(left)).not.toContain(SECRET)
      }
    }),
    { numRuns: 1000 },
  )
})

test('no value of a URL parameter is left that is to be taken out, however its URL is written', () => {
  const maybeCoded = (text: string, codes: readonly number[]) =>
    [...text]
      .map((character, i) => {
        const hex = character.codePointAt(0)!.toString(16)
        return [character, character.toUpperCase(), `%${hex}`, `%25${hex}`][(codes[i] ?? 0) % 4]
      })
      .join('')
  const parameter = fc.record({
    name: fc.constantFrom('token', 'email', 'page', 'q'),
    codes: fc.array(fc.nat(3), { maxLength: 5 }),
    tail: fc.constantFrom('', '%26', '%3D1', '[]', '@x', ';y'),
  })
  const url = fc.record({
    login: fc.boolean(),
    start: fc.constantFrom('https://shop.example', '//shop.example', 'HTTP://shop.example:80'),
    path: fc.constantFrom('', '/', '/a/b', '/a;b=1'),
    separator: fc.constantFrom('?', '#', '#/route?', '?x&'),
    parameters: fc.array(parameter, { maxLength: 4 }),
  })
  const redact = createRedact({ urlParameters: ['token', 'email'] })

  fc.assert(
    fc.property(fc.array(url, { minLength: 1, maxLength: 3 }), TEXT, (urls, before) => {
      const text = urls.reduceRight((inner, { login, start, path, separator, parameters }) => {
        const all = parameters.map(({ name, codes, tail }) => {
          const isSecret = name === 'token' || name === 'email'
          return `${maybeCoded(name, codes)}=${isSecret ? SECRET + tail : 'open'}`
        })
        if (inner) all.push(`next=${encodeURIComponent(inner)}`)
        const host = login ? start.replace('//', `//ada:${SECRET}@`) : start
        return `${host}${path}${separator}${all.join('&')}`
      }, '')

      const left = redact({ text: `${before} ${text} after` }).text

      expect(left).not.toContain(SECRET)
      expect(left.endsWith(' after')).toBe(true)
      const isNested = urls.length > 1
      const count = (name: string) =>
        urls[0]!.parameters.filter((parameter) => parameter.name === name).length
      // What is not named stays, in the URL that stands there in full.
      if (!isNested) expect(left.split('open').length - 1).toBe(count('page') + count('q'))
    }),
    { numRuns: 2000 },
  )
})

test('the caller’s object stays as it is, and what has been redacted is not changed by it again', () => {
  fc.assert(
    fc.property(
      FIELDS,
      fc.array(STEPS, { maxLength: 2 }),
      fc.boolean(),
      fc.constantFrom(undefined, '', 'not kept & gone'),
      (fields, steps, areValues, replacement) => {
        const paths = steps.map((path) => path.map(({ name, star }) => (star ? '*' : name)).join('.'))
        const redact = createRedact({
          paths,
          urlParameters: ['token', 'email'],
          ...(replacement === undefined ? {} : { replacement }),
        })
        const before = JSON.stringify(fields)

        const once = redact(frozen(fields), areValues)
        const twice = redact(frozen(once), areValues)

        expect(JSON.stringify(fields)).toBe(before)
        expect(JSON.stringify(twice)).toBe(JSON.stringify(once))
      },
    ),
    { numRuns: 3000 },
  )
})
