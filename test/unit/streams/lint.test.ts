import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Finding } from '../../../src/schema/finding.ts'
import { openSchemaRepository } from '../../../src/schema/repository.ts'
import { parseContent, readSchemaFile } from '../../../src/schema/schema-file.ts'
import { PRODUCERS, RIVULET, STREAM, TOP } from '../../../src/streams/known-settings.ts'
import { LINT_RULES, lint } from '../../../src/streams/lint.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const folders = ['schemas', 'examples/shop/schemas'].map((folder) => join(ROOT, folder))
const schemas = { repository: openSchemaRepository(folders), isComplete: true }

function findingsIn(text: string, path = 'streams.yaml', with_ = schemas): Finding[] {
  return lint({ path, text, content: parseContent(path, text) }, with_)
}

const inWords = ({ line, level, rule, message }: Finding) => `${line} ${level ?? 'error'} ${rule}: ${message}`

const linesOf = (config: object | string, with_ = schemas) =>
  typeof config === 'string'
    ? findingsIn(config, 'streams.yaml', with_).map(inWords)
    : findingsIn(JSON.stringify(config, null, 1), 'streams.json', with_).map(inWords)

/** A config of one stream that is right but for what is given. */
const withStream = (settings: object, top: object = {}) => ({
  ...top,
  streams: { 'shop.click': { schema_title: 'shop/click', ...settings } },
})
const withRivulet = (rivulet: object) => withStream({ producers: { rivulet } })
const withEventgate = (enrich_fields_from_http_headers: unknown) =>
  withStream({ producers: { eventgate: { enrich_fields_from_http_headers } } })
const named = (...names: string[]) => ({
  streams: Object.fromEntries(names.map((name) => [name, { schema_title: 'shop/click' }])),
})

describe('one finding each', () => {
  test.for<[what: string, config: object | string, finding: RegExp]>([
    [
      'an unknown setting',
      withStream({ colour: 1 }),
      /warning unknown-setting: "colour" is not known; clients/,
    ],
    ['a misspelt setting', withRivulet({ stat: 'off' }), /warning unknown-setting: .+ did you mean state\?/],
    [
      'a misspelt producer',
      withStream({ producers: { rivlet: {} } }),
      /unknown-setting: .+ did you mean rivulet\?/,
    ],
    [
      'a misspelt setting of a sample',
      withStream({ sample: { unit: 'session', rate: 1, rat: 1 } }),
      /did you mean rate/,
    ],
    ['an unknown setting at the top', withStream({}, { colour: 1 }), /warning unknown-setting: "colour"/],

    [
      'state beside sample',
      withStream({ state: 'off' }),
      /error misplaced-setting: "state" belongs under producers\.rivulet; here it does nothing/,
    ],
    [
      'state under producers',
      withStream({ producers: { state: 'off' } }),
      /error misplaced-setting: "state"/,
    ],
    [
      'state of another client',
      withStream({ producers: { metrics_platform_client: { state: 'off' } } }),
      /warning misplaced-setting: .+ other clients/,
    ],
    [
      'sample under producers',
      withRivulet({ sample: { unit: 'session', rate: 1 } }),
      /error misplaced-setting: "sample" belongs right under/,
    ],
    [
      'a rate without sample',
      withStream({ rate: 0.5 }),
      /error misplaced-setting: "rate" belongs under sample/,
    ],
    [
      'eventgate at stream level',
      withStream({ eventgate: {} }),
      /warning misplaced-setting: "eventgate" belongs under producers/,
    ],
    [
      'a consumer among producers',
      withStream({ producers: { analytics_hive_ingestion: {} } }),
      /warning misplaced-setting: .+ under consumers/,
    ],
    [
      'a revision in a stream',
      withStream({ revision: '1' }),
      /error misplaced-setting: "revision" belongs at the top/,
    ],
    [
      'a stream beside streams',
      withStream({}, { lost: { schema_title: 'shop/click' } }),
      /error misplaced-setting: the stream "lost" stands beside/,
    ],
    [
      'services in a bare map',
      { services: { a: 'https://a.example' }, a: { schema_title: 'shop/click' } },
      /error misplaced-setting: "services" is taken for a stream/,
    ],

    [
      'settings that are none',
      { streams: { a: null } },
      /error setting-value: the settings of a stream are an object, these are null/,
    ],
    [
      'an unknown state',
      withRivulet({ state: 'paused' }),
      /error setting-value: "state" has to be one of "on", "hold", "off"/,
    ],
    ['off as old YAML reads it', withRivulet({ state: false }), /put it in quotes/],
    ['an unknown priority', withRivulet({ priority: 'urgent' }), /error setting-value: "priority"/],
    ['an unknown storage', withRivulet({ storage: 'disk' }), /error setting-value: "storage"/],
    ['an unknown consent', withRivulet({ consent: 'yes' }), /error setting-value: "consent"/],
    ['an unknown gpc', withRivulet({ gpc: true }), /error setting-value: "gpc"/],
    [
      'a limit below 0',
      withRivulet({ max_per_minute: -1 }),
      /error setting-value: "max_per_minute" has to be a number from 0/,
    ],
    ['an age in words', withRivulet({ max_age_seconds: 'a week' }), /error setting-value: "max_age_seconds"/],
    [
      'values that are no list',
      withRivulet({ provide_values: 'page_title' }),
      /error setting-value: "provide_values" has to be a list/,
    ],
    [
      'headers that are no map',
      withEventgate(['user-agent']),
      /error setting-value: "enrich_fields_from_http_headers" has to be an object/,
    ],
    [
      'a header that is no name',
      withEventgate({ 'meta.request_id': true }),
      /error setting-value: "enrich_fields_from_http_headers" has to be the name of a header for each field/,
    ],
    [
      'a header that is a secret',
      withEventgate({ 'http.request_headers.a': 'Cookie' }),
      /none that is a secret/,
    ],
    [
      'a name that is another',
      withStream({ stream: 'shop.tap' }),
      /warning setting-value: "stream" is "shop\.tap"/,
    ],
    [
      'a revision without digits',
      withStream({}, { revision: 'newest' }),
      /error setting-value: "revision" .+ digits/,
    ],
    [
      'a refresh without pause',
      withStream({}, { refresh_seconds: 0 }),
      /error setting-value: "refresh_seconds"/,
    ],
    ['a refresh after days', withStream({}, { refresh_seconds: 100_000 }), /from 1 to 86400, not 100000/],

    [
      'a rate in percent',
      withStream({ sample: { unit: 'session', rate: 30 } }),
      /error sample: the rate is 30, .+ write 0\.3 for 30 %/,
    ],
    [
      'a rate below 0',
      withStream({ sample: { unit: 'session', rate: -0.1 } }),
      /error sample: the rate is -0\.1/,
    ],
    [
      'a rate as text',
      withStream({ sample: { unit: 'session', rate: '0.1' } }),
      /write it as a number, 0\.1/,
    ],
    ['no rate', withStream({ sample: { unit: 'session' } }), /error sample: the rate is missing/],
    [
      'an unknown unit',
      withStream({ sample: { unit: 'sesion', rate: 1 } }),
      /error sample: the unit .+ did you mean session\?/,
    ],
    ['no unit', withStream({ sample: { rate: 1 } }), /error sample: the unit is missing/],
    ['a sample that is none', withStream({ sample: 0.5 }), /error sample: a sample is \{ unit, rate \}/],
    [
      'a wrong sampling',
      withRivulet({ sampling: { unit: 'session', rate: 2 } }),
      /error sample: the rate is 2/,
    ],
    [
      'two samples',
      {
        streams: {
          a: {
            schema_title: 'shop/click',
            sample: { unit: 'session', rate: 1 },
            producers: { rivulet: { sampling: { unit: 'session', rate: 0.1 } } },
          },
        },
      },
      /warning sample: "sampling" says something else/,
    ],

    [
      'a title that no schema has',
      withStream({ schema_title: 'shop/clik' }),
      /error schema-title: .+ did you mean shop\/click\?/,
    ],
    [
      'a stray slash',
      withStream({ schema_title: '/shop/click' }),
      /error schema-title: .+ write "shop\/click"/,
    ],
    [
      'a version in a title',
      withStream({ schema_title: 'shop/click/1.0.0' }),
      /error schema-title: .+ write "shop\/click"/,
    ],
    ['no title', { streams: { a: {} } }, /warning schema-title: .+ has no schema_title/],

    [
      'a value that its schema forbids',
      {
        streams: {
          a: { schema_title: 'shop/purchase', producers: { rivulet: { provide_values: ['page_title'] } } },
        },
      },
      /error provide-values: .+ does not allow, so that no event is valid/,
    ],
    [
      'a value of the page that its schema forbids',
      {
        streams: {
          a: { schema_title: 'shop/purchase', producers: { rivulet: { provide_values: ['page_mood'] } } },
        },
      },
      /warning provide-values: .+ of pages that have it/,
    ],
    [
      'a value twice',
      withRivulet({ provide_values: ['page_title', 'page_title'] }),
      /warning provide-values: .+ twice/,
    ],
    ['a misspelt value', withRivulet({ provide_values: ['performer_sesion_id'] }), /provide-values: .+/],

    [
      'a redirect to nowhere',
      withRivulet({ stream_name: 'shop.tap' }),
      /error stream-name: .+ which is no stream here/,
    ],
    [
      'a redirect to itself',
      withRivulet({ stream_name: 'shop.click' }),
      /warning stream-name: .+ the stream itself/,
    ],

    [
      'a destination without service',
      withStream({ destination_event_service: 'mian' }, { services: { main: '/v1/events' } }),
      /error service: "services" has no mian/,
    ],
    [
      'a service that is no URL',
      withStream({}, { services: { main: 'ftp://a.example' } }),
      /error service: the service main .+ no http URL, so that its streams are off/,
    ],
    [
      'a service that is no text, in whose place the client takes its own',
      withStream({}, { services: { main: 5 } }),
      /error service: the service main .+ no http URL, so that their events go to the client's intakeUrl/,
    ],

    ['a pattern that backtracks', named('/^(a+)+$/'), /error pattern: .+ can be made to backtrack/],
    ['a pattern that does not end', named('/shop'), /error pattern: .+ has no closing "\/"/],
    ['a flag of PCRE', named('/^shop/x'), /error pattern: .+ has the flag x/],
    ['a repetition of PCRE', named('/^a++$/'), /error pattern: .+ do without a repetition such as a\+\+/],
    ['a flag within', named('/^(?i)a/'), /error pattern: .+ do without a flag within/],
    ['an anchor of PCRE', named('/\\Ashop\\./'), /error pattern: .+ an escape such as/],
    ['a class of PCRE', named('/^[[:alpha:]]/'), /error pattern: .+ a class such as/],
    [
      'a pattern in the shadow',
      named('/^shop\\./', '/^shop\\.click/'),
      /error pattern: the pattern \/\^shop\\\.click\/ is never asked/,
    ],
    ['a pattern after one for all', named('/.*/', '/x/'), /error pattern: the pattern \/x\/ is never asked/],

    ['no streams', {}, /1 error usable: has no streams/],
    ['a list', [], /1 error usable: has no streams/],
    ['streams that are a list', { streams: [] }, /1 error usable: has no streams/],
  ])('%s', ([, config, finding]) => {
    const lines = linesOf(config)

    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(finding)
  })
})

describe('curation', () => {
  const curated = (
    rules: unknown,
    provide_values = ['page_title', 'page_id'],
    schema_title = 'rivulet/page_view',
  ) => ({
    streams: { a: { schema_title, producers: { rivulet: { provide_values, curation: rules } } } },
  })

  test.for<[what: string, curation: unknown, finding: RegExp]>([
    [
      'an unknown operator',
      { page_title: { equls: 'x' } },
      /error curation: there is no operator equls, .+ did you mean equals\?/,
    ],
    [
      'an operator of Java',
      { page_title: { is_equals: 'x' } },
      /error curation: there is no operator is_equals/,
    ],
    [
      'one of all objects',
      { page_title: { constructor: 'x' } },
      /error curation: there is no operator constructor/,
    ],
    [
      'a list for a value',
      { page_title: { equals: ['x'] } },
      /error curation: equals wants .+ no event is kept/,
    ],
    ['a value for a list', { page_title: { in: 'x' } }, /error curation: in wants a list, not "x"/],
    ['null', { page_title: { not_equals: null } }, /error curation: not_equals wants .+ drops no event/],
    [
      'an order of booleans',
      { page_title: { less_than: true } },
      /error curation: less_than wants a number or a text/,
    ],
    [
      'none of nothing',
      { page_title: { contains_any: [] } },
      /error curation: contains_any with an empty list/,
    ],
    ['rules that are none', { page_title: 'x' }, /error curation: the rules for page_title/],
    [
      'a number for a text',
      { page_title: { equals: 7 } },
      /error curation: 7 is no string, which the field is/,
    ],
    [
      'a value that nobody gives',
      { page_colour: { equals: 'x' } },
      /error curation: page_colour is not in provide_values, and .+ no event is kept/,
    ],
    ['a misspelt value', { page_titel: { equals: 'x' } }, /did you mean page_title\?|no event is kept/],
    [
      'a value that only the page gives',
      { action: { equals: 'x' } },
      /curation: action is not in provide_values/,
    ],
    ['no object', 'page_title', /error setting-value: "curation" has to be an object/],
  ])('finds %s', ([, curation, finding]) => {
    const lines = linesOf(curated(curation, ['page_title']))

    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(finding)
  })

  test('of the page’s own field is a warning', () => {
    const lines = linesOf(curated({ action: { equals: 'buy' } }, [], 'shop/click'))

    expect(lines).toEqual([
      expect.stringMatching(/warning curation: action is not in provide_values, so that only/),
    ])
  })

  test('finds nothing in what is right', () => {
    const curation = {
      page_title: { not_equals: 'x', in: ['a'], contains: 'a', contains_all: [], less_than: 'b' },
    }

    expect(linesOf(curated(curation, ['page_title']))).toEqual([])
  })
})

describe('a redirect', () => {
  const to = (stream_name: string) => ({ producers: { rivulet: { stream_name } } })

  test.for<[what: string, streams: object, finding: RegExp]>([
    [
      'to a redirect',
      { a: to('b'), b: { ...to('c') }, c: { schema_title: 'shop/click' } },
      /leads to b, which leads on to "c"; a redirect is one hop/,
    ],
    [
      'to a stream of another schema',
      { a: { schema_title: 'shop/click', ...to('b') }, b: { schema_title: 'shop/purchase' } },
      /the intake refuses them/,
    ],
    [
      'with a typo',
      { a: to('shop.clik'), 'shop.click': { schema_title: 'shop/click' } },
      /did you mean shop\.click\?/,
    ],
  ])('%s is found', ([, streams, finding]) => {
    const lines = linesOf({ streams })

    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(finding)
  })

  test('may lead to what a pattern stands for', () => {
    const title = { schema_title: 'shop/click' }

    expect(linesOf({ streams: { a: { ...title, ...to('shop.x') }, '/^shop\\./': title } })).toEqual([])
  })

  test('to what cannot be used is a finding of both', () => {
    const lines = linesOf({ streams: { a: to('b'), b: { schema_title: 'shop/click', sample: 1 } } })

    expect(lines).toEqual([
      expect.stringMatching(/error sample: /),
      expect.stringMatching(/error usable: the settings cannot be used, .+ stream_name: sample/),
    ])
  })

  test('to a stream of its own needs no schema_title', () => {
    expect(linesOf({ streams: { a: to('b'), b: { schema_title: 'shop/click' } } })).toEqual([])
  })

  test('of rivulet goes before that of metrics_platform_client', () => {
    const producers = { rivulet: { stream_name: null }, metrics_platform_client: { stream_name: 'nowhere' } }

    expect(linesOf(withStream({ producers }))).toEqual([])
  })
})

describe('findings have lines', () => {
  test('in YAML and JSON', () => {
    const yaml =
      'streams:\n  a:\n    schema_title: shop/click\n    sample:\n      unit: session\n      rate: 2\n'
    const json = '{"streams": {\n "a": {\n  "schema_title": "shop/click",\n  "state": "off" } } }'

    expect(findingsIn(yaml)).toMatchObject([
      { line: 6, file: 'streams.yaml', pointer: '/streams/a/sample/rate' },
    ])
    expect(findingsIn(json, 'a.json')).toMatchObject([
      { line: 4, file: 'a.json', pointer: '/streams/a/state' },
    ])
  })

  test('also of a bare map, and of a stream with a slash in its name', () => {
    expect(
      findingsIn('a: { schema_title: shop/click }\n/^b/x: { schema_title: shop/click }\n'),
    ).toMatchObject([{ line: 2, pointer: '/~1^b~1x' }])
  })

  test.for(['a: {}\na: {}\n', '{ "a": {},\n "a": {} }'])('a key twice is refused: %s', (text) => {
    expect(() => parseContent(text[0] === '{' ? 'a.json' : 'a.yaml', text)).toThrow(/:2: has "a" twice/)
  })
})

describe('nothing is found in', () => {
  test('what has every setting', () => {
    const producers = {
      rivulet: {
        state: 'hold',
        provide_values: ['page_title', 'performer_session_id'],
        curation: { page_title: { not_equals: 'Checkout' } },
        stream_name: null,
        events: ['click_'],
        priority: 'high',
        storage: 'memory',
        max_per_minute: 60,
        max_age_seconds: 3600,
        consent: 'exempt',
        gpc: 'ignore',
      },
    }
    const config = {
      $schema: '/rivulet/stream_config/1.0.0',
      revision: '2026-11-27.1',
      refresh_seconds: 60,
      services: { main: 'https://intake.example/v1/events', own: '/v1/events' },
      streams: {
        a: {
          stream: 'a',
          schema_title: 'rivulet/page_view',
          destination_event_service: 'main',
          sample: { unit: 'session', rate: 0.5 },
          producers,
        },
        '/^shop\\.[xy]$/': { schema_title: 'shop/click' },
        '/^shop\\.a/': { schema_title: 'shop/click' },
        '/^shop\\./i': { schema_title: 'shop/click' },
        '/x$/': { schema_title: 'shop/click', sample: null },
      },
    }

    expect(linesOf(config)).toEqual([])
  })

  test('an answer of EventStreamConfig, defaults merged in, without schema folders', () => {
    const defaults = {
      topic_prefixes: ['eqiad.', 'codfw.'],
      canary_events_enabled: true,
      consumers: {
        analytics_hadoop_ingestion: { enabled: true, job_name: 'event_default' },
        analytics_hive_ingestion: { enabled: true, spark_job_ingestion_scale: 'medium' },
      },
    }
    const fields = { 'meta.request_id': 'x-request-id', 'http.request_headers.user-agent': false }
    const eventgate = { enrich_fields_from_http_headers: fields, use_edge_uniques: true }
    const streams = {
      'mediawiki.client.session_tick': {
        ...defaults,
        stream: 'mediawiki.client.session_tick',
        schema_title: 'analytics/session_tick',
        destination_event_service: 'eventgate-analytics-external',
        sample: { unit: 'session', rate: 0.1 },
        producers: { eventgate },
        topics: ['eqiad.mediawiki.client.session_tick', 'codfw.mediawiki.client.session_tick'],
      },
      '/^mediawiki\\.job\\..+/': {
        ...defaults,
        stream: '/^mediawiki\\.job\\..+/',
        schema_title: 'mediawiki/job',
        destination_event_service: 'eventgate-main',
        producers: { mediawiki_eventbus: { enabled: true, event_service_name: 'eventgate-main' }, eventgate },
        message_key_fields: { page_id: 'page.id' },
      },
      eventlogging_Test: {
        stream: 'eventlogging_Test',
        schema_title: 'analytics/legacy/test',
        topic_prefixes: null,
        producers: [],
        consumers: [],
      },
      'product_metrics.web_base': {
        ...defaults,
        stream: 'product_metrics.web_base',
        schema_title: 'analytics/product_metrics/web/base',
        sample: { unit: 'pageview', rate: 1, identifier: 'pageview' },
        producers: {
          metrics_platform_client: {
            events: 'edit_',
            sample: { unit: 'session', rate: 1 },
            provide_values: [
              'agent_client_platform_family',
              'performer_active_browsing_session_token',
              'page_namespace_id',
            ],
            curation: { page_namespace_id: { equals: 0 } },
          },
        },
      },
    }

    const own = { repository: openSchemaRepository([folders[0]!]), isComplete: false }
    expect(linesOf({ warnings: {}, streams }, own)).toEqual([])
    expect(linesOf(streams, own)).toEqual([])
  })

  test('the config of the shop', () => {
    const file = join(ROOT, 'examples/shop/streams.json')

    expect(lint({ path: file, text: '{}', content: readSchemaFile(file) }, schemas)).toEqual([])
  })
})

test('titles of Rivulet’s own schemas are looked up without any other folder', () => {
  const own = { repository: openSchemaRepository([folders[0]!]), isComplete: false }

  expect(linesOf({ streams: { a: { schema_title: 'rivulet/legder' } } }, own)).toEqual([
    expect.stringMatching(/did you mean rivulet\/ledger\?/),
  ])
})

test('each rule that findings name has a reason', () => {
  const config = { revision: 'x', ...withStream({ sample: 1, state: 1, colour: 1, schema_title: 'a' }) }

  for (const { rule, reason } of findingsIn(JSON.stringify(config), 'a.json'))
    expect(LINT_RULES[rule]).toBe(reason)
})

test('the schema of stream configs has the settings that are known here', () => {
  type Node = { properties: { [name: string]: Node }; additionalProperties: Node }
  const schema = readSchemaFile(join(ROOT, 'schemas/rivulet/stream_config/current.yaml')) as unknown as Node
  const namesIn = ({ properties }: Node) => Object.keys(properties).sort()
  const stream = schema.properties.streams!.additionalProperties
  const { rivulet, eventgate, mediawiki_eventbus } = stream.properties.producers!.properties
  const ofMediaWiki = ['warnings', 'errors', 'servedby', 'requestid', 'curtimestamp', 'batchcomplete']

  expect(namesIn(schema)).toEqual(
    Object.keys(TOP)
      .filter((name) => !ofMediaWiki.includes(name))
      .sort(),
  )
  expect(namesIn(stream)).toEqual(Object.keys(STREAM).sort())
  expect(namesIn(rivulet!)).toEqual(Object.keys(RIVULET).sort())
  expect(namesIn(eventgate!)).toEqual(Object.keys(PRODUCERS.eventgate!).sort())
  expect(namesIn(mediawiki_eventbus!)).toEqual(Object.keys(PRODUCERS.mediawiki_eventbus!).sort())
})
