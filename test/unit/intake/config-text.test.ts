import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { rewrittenJson, rewrittenYaml } from '../../../src/intake/config-text.ts'

const JSON_FILE = `{
  "revision": "2026-10-01.1",
  "streams": {
    "shop.click": {
      "schema_title": "shop/click",
      "producers": { "rivulet": { "provide_values": ["basket_size", "page_title"] } }
    },
    "shop.view": { "schema_title": "shop/view", "sample": { "unit": "session", "rate": 0.5 } },
    "shop.buy": {
      "schema_title": "shop/buy"
    },
    "shop.none": {}
  }
}
`

type Content = ReturnType<typeof JSON.parse>

/** The JSON with something done to what it says. */
function changedJson(text: string, change: (content: Content) => void): string {
  const content = JSON.parse(text)
  change(content)
  const next = rewrittenJson(text, content)
  expect(JSON.stringify(JSON.parse(next))).toBe(JSON.stringify(content))
  return next
}

test('in JSON a value is replaced where it stands, and all else stays as it is written', () => {
  const next = changedJson(JSON_FILE, ({ streams }) => (streams['shop.view'].sample.rate = 0.05))

  expect(next).toBe(JSON_FILE.replace('0.5 }', '0.05 }'))
})

test('two new keys in one place leave all else as it is written, in JSON and in YAML', () => {
  const add = ({ streams }: Content) => {
    streams['shop.buy'].sample = { unit: 'session', rate: 0.1 }
    streams['shop.buy'].producers = { rivulet: { state: 'hold' } }
  }
  const next = changedJson('{ "streams": { "shop.buy":  {"schema_title": "shop/buy"} } }\n', add)
  const yaml = 'streams:\n  shop.buy:\n    schema_title:   shop/buy\n'
  const content = parse(yaml)
  add(content)

  expect(next).toBe(
    '{ "streams": { "shop.buy":  {"schema_title": "shop/buy", "sample": { "unit": "session", "rate": 0.1 }, "producers": { "rivulet": { "state": "hold" } }} } }\n',
  )
  expect(rewrittenYaml(yaml, content)).toBe(
    `${yaml}    sample:\n      unit: session\n      rate: 0.1\n    producers:\n      rivulet:\n        state: hold\n`,
  )
})

test('in JSON a new key stands behind the last one, on its line or on a line of its own', () => {
  const next = changedJson(JSON_FILE, ({ streams }) => {
    streams['shop.click'].producers.rivulet.state = 'off'
    streams['shop.buy'].producers = { rivulet: { state: 'hold' } }
    streams['shop.none'].sample = { unit: 'device', rate: 1 }
  })

  expect(next).toBe(
    JSON_FILE.replace('"page_title"] }', '"page_title"], "state": "off" }')
      .replace(
        '"schema_title": "shop/buy"\n',
        `"schema_title": "shop/buy",
      "producers": {
        "rivulet": {
          "state": "hold"
        }
      }\n`,
      )
      .replace('"shop.none": {}', '"shop.none": { "sample": { "unit": "device", "rate": 1 } }'),
  )
})

test('in JSON what is taken out again leaves the text that was there before', () => {
  const before = JSON.parse(JSON_FILE)
  const next = changedJson(JSON_FILE, ({ streams }) => {
    streams['shop.click'].producers.rivulet.state = 'off'
    streams['shop.buy'].producers = { rivulet: { state: 'hold' } }
  })

  expect(changedJson(next, (content) => Object.assign(content, before))).toBe(JSON_FILE)
})

test('where a list of JSON changes, the file is written anew, with its indentation and its end', () => {
  const text = '{\n\t"streams": {\n\t\t"a": { "topics": [1, 2] }\n\t}\n}'

  const next = changedJson(text, ({ streams }) => streams.a.topics.pop())

  expect(next).toBe('{\n\t"streams": {\n\t\t"a": {\n\t\t\t"topics": [\n\t\t\t\t1\n\t\t\t]\n\t\t}\n\t}\n}')
})

const YAML_FILE = `# The shop's streams.
revision: 2026-10-01.1 # by hand

streams:
  # Whoever clicks.
  shop.click:
    schema_title: shop/click
    sample: { unit: session, rate: 0.5 } # half of them

  '/^shop\\.v/': # views
    schema_title: shop/view
    producers:
      metrics_platform_client:
        provide_values:
          - page_title # for the report
`

function changedYaml(text: string, change: (content: Content) => void): string {
  const content = parse(text)
  change(content)
  const next = rewrittenYaml(text, content)
  expect(JSON.stringify(parse(next))).toBe(JSON.stringify(content))
  return next
}

test('in YAML comments, quotes and blank lines stay, and a value is replaced where it stands', () => {
  const next = changedYaml(YAML_FILE, (content) => {
    content.revision = '2026-11-27.3'
    content.streams['shop.click'].sample.rate = 0.05
    content.streams['/^shop\\.v/'].producers.rivulet = { state: 'off' }
  })

  expect(next).toBe(
    `${YAML_FILE.replace('2026-10-01.1', '2026-11-27.3').replace('0.5 }', '0.05 }')}      rivulet:
        state: off
`,
  )
  expect(changedYaml(next, (content) => Object.assign(content, parse(YAML_FILE)))).toBe(YAML_FILE)
})

test('in YAML the comments of what stays are there when something else goes and comes back', () => {
  const gone = changedYaml(YAML_FILE, ({ streams }) => delete streams['shop.click'])
  const back = changedYaml(gone, (content) => {
    const { streams } = parse(YAML_FILE)
    content.streams = streams
  })

  expect(gone).toContain('# views')
  expect(back).toContain('page_title # for the report')
})

test('YAML keeps its style: four spaces, lists without, line ends of Windows', () => {
  const text =
    'streams:\r\n    a:\r\n        schema_title: a\r\n        topics:\r\n        - one\r\n        sample: {unit: session, rate: 1}\r\n'

  const next = changedYaml(text, ({ streams }) => {
    streams.a.sample.rate = 0.1
    streams.a.owner = 'web'
  })

  expect(next).toBe(`${text.replace('rate: 1', 'rate: 0.1')}        owner: web\r\n`)
})

test('what YAML takes from elsewhere by an alias is changed in one place only', () => {
  const text = `streams:
  a: &of_a
    schema_title: a
    sample: { unit: session, rate: 1 }
  b: *of_a
`

  const next = changedYaml(text, ({ streams }) => {
    streams.b = { ...streams.b, sample: { unit: 'session', rate: 0.5 } }
  })

  expect(next).toContain('a: &of_a')
})

const key = fc.constantFrom('a', 'b', 'c', 'x y', '/^a/i', '__proto__x', 'on', '404', "it's", '#')
const value = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(fc.constantFrom(0.5, 1, true, null, 'on', 'no', '1', '2026-11-27', 'a: b', ''), fc.string()),
    fc.array(tie('node'), { maxLength: 2 }),
    fc.dictionary(key, tie('node'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).node
const content = fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true })

test('whatever a file says, and is to say, its new text says exactly that', () => {
  fc.assert(
    fc.property(content, content, fc.constantFrom(undefined, 2, '\t'), (before, after, indent) => {
      const json = rewrittenJson(JSON.stringify(before, null, indent), after)
      const yaml = rewrittenYaml(stringify(before, { indent: 4 }), after)
      expect(JSON.stringify(JSON.parse(json))).toBe(JSON.stringify(after))
      expect(JSON.stringify(parse(yaml))).toBe(JSON.stringify(after))
    }),
  )
})
