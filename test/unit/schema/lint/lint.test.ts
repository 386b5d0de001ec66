import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { MATERIALIZED } from '../../../../src/schema/lint/unmaterialized.ts'
import { LINT_RULES, lint } from '../../../../src/schema/lint/lint.ts'
import { COMPATIBLE, PUBLISHED } from '../../../../src/schema/shared-rules.ts'
import { type Files, folderOf } from '../../../support/folder.ts'

const DRAFT_07 = 'https://json-schema.org/draft-07/schema#'

const text = { type: 'string', maxLength: 64 }
const time = { type: 'string', format: 'date-time', maxLength: 128 }
const count = { type: 'integer', minimum: 0, maximum: 100 }

const ENVELOPE = {
  $schema: text,
  meta: { type: 'object', required: ['stream'], properties: { stream: text } },
  dt: time,
}

const FRAGMENT = {
  title: 'fragment/common',
  $id: '/fragment/common/1.0.0',
  $schema: DRAFT_07,
  type: 'object',
  required: ['$schema', 'dt', 'meta'],
  properties: ENVELOPE,
}

const EXAMPLE = {
  $schema: '/shop/click/1.0.0',
  meta: { stream: 'shop.click' },
  dt: '2026-11-22T10:00:00Z',
  action: 'buy',
}

/** As it is written. */
const CURRENT = {
  title: 'shop/click',
  $id: '/shop/click/1.0.0',
  $schema: DRAFT_07,
  type: 'object',
  additionalProperties: false,
  allOf: [{ $ref: '/fragment/common/1.0.0#' }],
  required: ['action'],
  properties: { action: text, count },
  examples: [{ ...EXAMPLE, $schema: { $ref: '#/$id' } }],
}

/** What is made of it. */
const VERSION = {
  title: 'shop/click',
  $id: '/shop/click/1.0.0',
  $schema: DRAFT_07,
  type: 'object',
  additionalProperties: false,
  required: ['$schema', 'action', 'dt', 'meta'],
  properties: { ...ENVELOPE, action: text, count },
  examples: [EXAMPLE],
}

/** Most rules look at files as they are, whatever current makes. */
const FILES_ALONE = 'off: { materialized: [.], published: [.] }'

/** A repository that keeps every rule. */
const GOOD: Files = {
  'fragment/common/current.yaml': FRAGMENT,
  'fragment/common/1.0.0.json': FRAGMENT,
  'fragment/common/latest.json': FRAGMENT,
  'shop/click/current.yaml': CURRENT,
  'shop/click/1.0.0.json': VERSION,
  'shop/click/latest.json': VERSION,
}

const withVersion = (changes: object): Files => {
  const version = { ...VERSION, ...changes }
  return { ...GOOD, 'shop/click/1.0.0.json': version, 'shop/click/latest.json': version }
}

const withCurrent = (changes: object): Files => ({
  ...GOOD,
  'shop/click/current.yaml': { ...CURRENT, ...changes },
})

const withProperty = (a: object) => withProperties({ a })
const withProperties = (properties: object) =>
  withVersion({ properties: { ...VERSION.properties, ...properties } })

const without = (path: string): Files =>
  Object.fromEntries(Object.entries(GOOD).filter(([name]) => name !== path))

const OPTIONS = { own: [join(import.meta.dirname, '../../../../schemas')] }

/** What is found in a folder of files: rule, path below the folder, the text of the line, and the pointer. */
async function foundIn(files: Files) {
  const folder = await folderOf({ 'rivulet-schemas.yaml': FILES_ALONE, ...files })
  return (await lint([folder], OPTIONS)).findings.map(({ rule, file, line, pointer, message }) => ({
    rule,
    file: file.slice(folder.length + 1),
    text: readFileSync(file, 'utf8').split('\n')[line! - 1]!.trim(),
    pointer,
    message,
  }))
}

const broken = new Set<string>()

async function expectOne(files: Files, rule: string, file: string, pointer: string, line: string) {
  const found = await foundIn(files)

  const message = expect.stringMatching(/^[^\n]+; [^\n]+$/) // what is wrong; what to do
  expect(found).toEqual([{ rule, file, pointer, text: line, message }])
  broken.add(rule)
}

type Row = [rule: string, what: string, changes: object, pointer: string, line: string]

test('a repository that keeps every rule has no findings', async () => {
  const folder = await folderOf(GOOD)

  expect(await lint([folder], OPTIONS)).toEqual({ findings: [], files: 4 })
})

describe('a property "a" that breaks a rule is one finding, with line and pointer below it', () => {
  const branch = (required: string[]) => ({ type: 'object', required, properties: { x: text, y: text } })
  const object = { type: 'object', properties: {} }
  const deep = `${'('.repeat(5_000)}a${')'.repeat(5_000)}`

  test.each<Row>([
    ['refs-resolve', 'a part that is nowhere', { $ref: '#/x', ...text }, '/$ref', '"$ref": "#/x",'],
    ['valid', 'an unknown type', { type: 'text' }, '/type', '"type": "text"'],
    ['valid', 'a text for a number', { maxLength: '6', type: 'string' }, '/maxLength', '"maxLength": "6",'],
    [
      'valid',
      'an unknown type, in a list',
      { type: 'array', items: { type: 'text' } },
      '/items/type',
      '"type": "text"',
    ],
    ['known-keyword', 'a typo', { type: 'string', maxLenght: 6 }, '/maxLenght', '"maxLenght": 6'],
    ['known-format', 'a typo', { ...text, format: 'datetime' }, '/format', '"format": "datetime"'],
    ['secure', 'no maxLength', { type: 'string', pattern: '^a$' }, '/pattern', '"pattern": "^a$"'],
    ['secure', 'no maxLength', { type: 'string', format: 'date' }, '/format', '"format": "date"'],
    [
      'secure',
      'objects that are to differ, any number of them',
      { type: 'array', items: object, uniqueItems: true },
      '/uniqueItems',
      '"uniqueItems": true',
    ],
    [
      'secure',
      'patterns for names of any length',
      { ...object, patternProperties: { '^x$': text } },
      '/patternProperties',
      '"patternProperties": {',
    ],
    ['safe-pattern', 'nested', { ...text, pattern: '^(a+)+$' }, '/pattern', '"pattern": "^(a+)+$"'],
    ['safe-pattern', 'two ways', { ...text, pattern: '^(a|a)*$' }, '/pattern', '"pattern": "^(a|a)*$"'],
    ['safe-pattern', 'none at all', { ...text, pattern: '(' }, '/pattern', '"pattern": "("'],
    ['safe-pattern', 'too deep', { ...text, pattern: deep }, '/pattern', `"pattern": "${deep}"`],
    [
      'safe-pattern',
      'a pattern of names',
      { ...object, propertyNames: { maxLength: 9 }, patternProperties: { '(x+x+)+y': text } },
      '/patternProperties/(x+x+)+y',
      '"(x+x+)+y": {',
    ],
    [
      'snake-case',
      'capitals',
      { type: 'object', properties: { clickTarget: text } },
      '/properties/clickTarget',
      '"clickTarget": {',
    ],
    [
      'snake-case',
      'a hyphen, in a list',
      { type: 'array', items: { type: 'object', properties: { 'x-y': text } } },
      '/items/properties/x-y',
      '"x-y": {',
    ],
    [
      'snake-case',
      'a digit first, in a map',
      { type: 'object', additionalProperties: { type: 'object', properties: { '1st': text } } },
      '/additionalProperties/properties/1st',
      '"1st": {',
    ],
    ['deterministic-types', 'two types', { type: ['string', 'boolean'] }, '/type', '"type": ['],
    ['deterministic-types', 'no type', { maxLength: 5 }, '', '"a": {'],
    ['deterministic-types', 'a list of anything', { type: 'array' }, '', '"a": {'],
    ['deterministic-types', 'a list of several', { type: 'array', items: [text] }, '', '"a": {'],
    ['deterministic-types', 'an object of anything', { type: 'object' }, '', '"a": {'],
    [
      'deterministic-types',
      'a map to anything',
      { type: 'object', additionalProperties: { maxLength: 5 } },
      '/additionalProperties',
      '"additionalProperties": {',
    ],
    [
      'deterministic-types',
      'branches of two types',
      { type: 'string', oneOf: [text, { type: 'boolean' }] },
      '/oneOf',
      '"oneOf": [',
    ],
    [
      'deterministic-types',
      'branches that require other fields',
      { type: 'object', oneOf: [branch(['x']), branch(['y'])] },
      '/oneOf',
      '"oneOf": [',
    ],
    ['no-null', 'a type', { type: ['string', 'null'] }, '/type', '"type": ['],
    ['no-null', 'a value to choose', { type: 'string', enum: ['x', null] }, '/enum', '"enum": ['],
    ['no-null', 'a default', { type: 'string', default: null }, '/default', '"default": null'],
    [
      'typed-maps',
      'a map to anything',
      { type: 'object', additionalProperties: true },
      '/additionalProperties',
      '"additionalProperties": true',
    ],
    [
      'required-exist',
      'a field that there is not',
      { type: 'object', properties: { x: text }, required: ['x', 'y'] },
      '/required/1',
      '"y"',
    ],
    [
      'required-exist',
      'a field of a map',
      { type: 'object', additionalProperties: text, required: ['y'] },
      '/required/0',
      '"y"',
    ],
    ['numeric-bounds', 'no minimum', { type: 'number', maximum: 1 }, '', '"a": {'],
    [
      'numeric-bounds',
      'no maximum, in a list',
      { type: 'array', items: { type: 'integer', minimum: 1 } },
      '/items',
      '"items": {',
    ],
    ['numeric-bounds', '2^53', { ...count, maximum: 2 ** 53 }, '/maximum', '"maximum": 9007199254740992'],
    [
      'numeric-bounds',
      '-2^53',
      { ...count, minimum: -(2 ** 53) },
      '/minimum',
      '"minimum": -9007199254740992,',
    ],
  ])('%s: %s', async (rule, _, property, pointer, line) => {
    await expectOne(withProperty(property), rule, 'shop/click/1.0.0.json', `/properties/a${pointer}`, line)
  })
})

describe('a version that breaks a rule is one finding, with line and pointer', () => {
  const other = '/shop/click/1.0.1'
  const dialect = 'https://json-schema.org/draft/2020-12/schema'

  test.each<Row>([
    ['title-is-path', 'a typo', { title: 'shop/clik' }, '/title', '"title": "shop/clik",'],
    ['title-is-path', 'no title', { title: undefined }, '/title', '{'],
    [
      'id-is-title-and-version',
      'another version',
      { $id: other, examples: [{ ...EXAMPLE, $schema: other }] },
      '/$id',
      `"$id": "${other}",`,
    ],
    [
      'dialect',
      'another, by whose keywords it is not judged',
      { $schema: dialect, $defs: {}, type: 'objekt' },
      '/$schema',
      `"$schema": "${dialect}",`,
    ],
    ['dialect', 'none', { $schema: undefined }, '/$schema', '{'],
    ['valid', 'a list for an object', { definitions: [] }, '/definitions', '"definitions": []'],
    ['has-examples', 'no list', { examples: undefined }, '', '{'],
    ['has-examples', 'an empty list', { examples: [] }, '', '{'],
    [
      'examples-name-schema',
      'another version',
      { examples: [{ ...EXAMPLE, $schema: other }] },
      '/examples/0/$schema',
      `"$schema": "${other}",`,
    ],
    [
      'examples-valid',
      'a number for a text, in the second',
      { examples: [EXAMPLE, { ...EXAMPLE, action: 5 }] },
      '/examples/1/action',
      '"action": 5',
    ],
    ['examples-valid', 'an unknown field', { examples: [{ ...EXAMPLE, acton: 'buy' }] }, '/examples/0', '{'],
    [
      'examples-valid',
      'a day for a time',
      { examples: [{ ...EXAMPLE, dt: '2026-11-22' }] },
      '/examples/0/dt',
      '"dt": "2026-11-22",',
    ],
  ])('%s: %s', async (rule, _, changes, pointer, line) => {
    await expectOne(withVersion(changes), rule, 'shop/click/1.0.0.json', pointer, line)
  })
})

describe('a current that breaks a rule is one finding, with line and pointer', () => {
  const having = (a: object) => ({ properties: { ...CURRENT.properties, a } })
  const circle = { type: 'array', items: { $ref: '#/properties/a' } }
  const onlyDt = { allOf: [{ $ref: '/fragment/common/1.0.0#/properties/dt' }] }
  const inAllOf = { allOf: [...CURRENT.allOf, { properties: { aB: text } }] }

  test.each<Row>([
    ['title-is-path', 'a slash first', { title: '/shop/click' }, '/title', '"title": "/shop/click",'],
    [
      'id-is-title-and-version',
      'no version',
      { $id: '/shop/click/latest' },
      '/$id',
      '"$id": "/shop/click/latest",',
    ],
    [
      'id-is-title-and-version',
      'an ending',
      { $id: '/shop/click/1.0.0.json' },
      '/$id',
      '"$id": "/shop/click/1.0.0.json",',
    ],
    ['current-is-newest', 'older', { $id: '/shop/click/0.9.0' }, '/$id', '"$id": "/shop/click/0.9.0",'],
    [
      'refs-resolve',
      'a schema that is nowhere',
      having({ $ref: '/shop/none/1.0.0#' }),
      '/properties/a/$ref',
      '"$ref": "/shop/none/1.0.0#"',
    ],
    [
      'refs-resolve',
      'a URI without the slash',
      having({ $ref: 'fragment/common/1.0.0#' }),
      '/properties/a/$ref',
      '"$ref": "fragment/common/1.0.0#"',
    ],
    [
      'refs-resolve',
      'a part that the schema does not have',
      having({ $ref: '/fragment/common/1.0.0#/properties/a' }),
      '/properties/a/$ref',
      '"$ref": "/fragment/common/1.0.0#/properties/a"',
    ],
    ['refs-resolve', 'itself', having(circle), '/properties/a/items/$ref', '"$ref": "#/properties/a"'],
    [
      'common-fragment',
      'fields of its own',
      { allOf: undefined, properties: ENVELOPE },
      '/properties',
      '"properties": {',
    ],
    ['common-fragment', 'a fragment without them', onlyDt, '/allOf', '"allOf": ['],
    ['valid', 'an unknown type', having({ type: 'text' }), '/properties/a/type', '"type": "text"'],
    [
      'known-keyword',
      'of another dialect',
      { unevaluatedProperties: false },
      '/unevaluatedProperties',
      '"unevaluatedProperties": false',
    ],
    ['snake-case', 'beside a $ref', inAllOf, '/allOf/1/properties/aB', '"aB": {'],
    [
      'typed-maps',
      'a map to anything',
      { additionalProperties: true },
      '/additionalProperties',
      '"additionalProperties": true,',
    ],
  ])('%s: %s', async (rule, _, changes, pointer, line) => {
    await expectOne(withCurrent(changes), rule, 'shop/click/current.yaml', pointer, line)
  })
})

describe('files that break a rule together are one finding, with line and pointer', () => {
  const version = (number: string) => {
    const $id = `/shop/click/${number}`
    return { ...VERSION, $id, examples: [{ ...EXAMPLE, $schema: $id }] }
  }
  const twoVersions = {
    ...GOOD,
    'shop/click/current.yaml': { ...CURRENT, $id: '/shop/click/1.10.0' },
    'shop/click/1.9.0.json': version('1.9.0'),
    'shop/click/1.10.0.json': version('1.10.0'),
    'shop/click/latest.json': version('1.10.0'),
  }
  const tap = { ...VERSION, title: 'shop/tap' }
  const copied = {
    'shop/tap/1.0.0.json': tap,
    'shop/tap/latest.json': tap,
    'shop/tap/current.yaml': { ...CURRENT, title: 'shop/tap', $id: '/shop/tap/1.0.0' },
  }
  const twins = {
    'shop/click/1.0.0.yaml': {
      ...VERSION,
      properties: { ...VERSION.properties, action: { type: 'string' } },
    },
    'shop/click/latest.yaml': VERSION,
  }
  const unmade = { ...without('shop/click/1.0.0.json'), 'shop/click/latest.json': VERSION }

  test.each<[rule: string, what: string, files: Files, place: [file: string, pointer: string, line: string]]>(
    [
      ['has-current', 'none', without('shop/click/current.yaml'), ['shop/click/1.0.0.json', '', '{']],
      [
        'has-current',
        'without an ending',
        { ...without('shop/click/current.yaml'), 'shop/click/current': CURRENT },
        ['shop/click/current', '', '{'],
      ],
      [
        'has-current',
        'two',
        { ...GOOD, 'shop/click/current.json': CURRENT },
        ['shop/click/current.yaml', '', '{'],
      ],
      [
        'current-is-newest',
        'older by number, not by text',
        { ...twoVersions, 'shop/click/current.yaml': { ...CURRENT, $id: '/shop/click/1.9.1' } },
        ['shop/click/current.yaml', '/$id', '"$id": "/shop/click/1.9.1",'],
      ],
      [
        'unique-id',
        'that of another title',
        { ...GOOD, ...copied },
        ['shop/tap/1.0.0.json', '/$id', '"$id": "/shop/click/1.0.0",'],
      ],
      [
        'versions-agree',
        'YAML that says something else',
        { ...GOOD, ...twins },
        ['shop/click/1.0.0.yaml', '/properties/action/maxLength', '"action": {'],
      ],
      [
        'versions-agree',
        'a file without ending that is no link',
        { ...GOOD, 'shop/click/1.0.0': VERSION },
        ['shop/click/1.0.0', '', '{'],
      ],
      [
        'versions-agree',
        'a link to another version',
        { ...twoVersions, 'shop/click/1.9.0': 'link:1.10.0.json' },
        ['shop/click/1.9.0', '', '{'],
      ],
      [
        'latest-is-newest',
        'an older one',
        { ...twoVersions, 'shop/click/latest.json': VERSION },
        ['shop/click/latest.json', '/$id', '"$id": "/shop/click/1.0.0",'],
      ],
      [
        'latest-is-newest',
        'a link to an older one',
        { ...twoVersions, 'shop/click/latest': 'link:1.9.0.json' },
        ['shop/click/latest', '/$id', '"$id": "/shop/click/1.9.0",'],
      ],
      ['latest-is-newest', 'none', without('shop/click/latest.json'), ['shop/click/1.0.0.json', '', '{']],
      ['latest-is-newest', 'of no version', unmade, ['shop/click/latest.json', '', '{']],
      [
        'readable',
        'a file that is no schema',
        { ...GOOD, 'shop/click/latest.json': '{\n  "title": shop\n}' },
        ['shop/click/latest.json', '', '"title": shop'],
      ],
    ],
  )('%s: %s', async (rule, _, files, [file, pointer, line]) => {
    await expectOne(files, rule, file, pointer, line)
  })
})

test('every rule that looks at files alone is broken by one of the schemas above', () => {
  const others = [MATERIALIZED, PUBLISHED, COMPATIBLE].map(({ name }) => name)
  const names = LINT_RULES.map(({ name }) => name).filter((name) => !others.includes(name))

  expect([...broken].sort()).toEqual(names.sort())
})

test('what the family writes breaks no rule', async () => {
  const files = withProperties({
    $ref: text,
    list: {
      type: 'array',
      maxItems: 9,
      uniqueItems: true,
      items: { type: 'object', properties: { x: text } },
    },
    map: { type: 'object', additionalProperties: text },
    either: { type: 'object', oneOf: [{ type: 'object', properties: { x: text } }] },
    type: { ...text, 'x-note': 'our own', $comment: 'on it' },
    examples: text,
    uuid: { ...text, pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' },
    mail: { ...text, pattern: '^[\\w.+-]+@[\\w-]+(\\.[\\w-]+)+$' },
    path: { ...text, format: 'uri-reference' },
    number: { type: 'number', minimum: -(2 ** 53) + 1, maximum: 2 ** 53 - 1 },
  })

  expect(await foundIn(files)).toEqual([])
})

describe('references', () => {
  const withRef = ($ref: string) => withCurrent({ properties: { ...CURRENT.properties, a: { $ref } } })

  test.each([
    '#/properties/action',
    './#/properties/action',
    '/shop/click/1.0.0#/properties/action',
    '/fragment/common/latest#/properties/dt',
    'http://json-schema.org/draft-07/schema#',
  ])('may be %s', async (ref) => {
    expect(await foundIn(withRef(ref))).toEqual([])
  })

  test('are looked up in every folder, in the repositories of the config, and in what comes with the package', async () => {
    const shared = await folderOf({ 'shared/name/1.0.0.json': { ...text, title: 'shared/name' } })
    const files = withRef('/shared/name/1.0.0#')
    const folder = await folderOf(files)

    expect(await foundIn(files)).toMatchObject([{ rule: 'refs-resolve' }])
    expect(
      await foundIn({ ...files, 'rivulet-schemas.yaml': `repositories: [${shared}]\n${FILES_ALONE}` }),
    ).toEqual([])
    expect(await foundIn(withRef('/rivulet/web_vital/1.0.0#/properties/name'))).toEqual([])
    const { findings } = await lint([folder, shared], OPTIONS)
    expect(findings.filter(({ file }) => file.startsWith(folder))).toEqual([])
  })

  test('that only a repository on the web could have are passed over', async () => {
    const config = { 'rivulet-schemas.yaml': `repositories: ["http://127.0.0.1:9/"]\n${FILES_ALONE}` }

    expect(await foundIn({ ...withRef('/shared/name/1.0.0#'), ...config })).toEqual([])
    expect(await foundIn({ ...withRef('http://127.0.0.1:9/a/1.0.0#'), ...config })).toEqual([])
    expect(await foundIn({ ...withRef('https://other.example.org/a/1.0.0#'), ...config })).toHaveLength(1)
  })

  test('that go round through several schemas are one finding, however many lead there', async () => {
    const part = (name: string, $ref: string) => ({
      [`fragment/${name}/current.yaml`]: {
        title: `fragment/${name}`,
        $id: `/fragment/${name}/1.0.0`,
        $schema: DRAFT_07,
        type: 'object',
        properties: { next: { $ref } },
      },
    })

    const found = await foundIn({
      ...withRef('/fragment/a/1.0.0#'),
      ...part('a', '/fragment/b/1.0.0#'),
      ...part('b', '/fragment/c/1.0.0#/properties/next'),
      ...part('c', '/fragment/a/1.0.0#'),
    })

    const through = '/fragment/c/1.0.0#/properties/next and /fragment/a/1.0.0# and /fragment/b/1.0.0#'
    expect(found).toMatchObject([
      {
        rule: 'refs-resolve',
        file: 'fragment/a/current.yaml',
        pointer: '/properties/next/$ref',
        message: `"$ref" leads back to itself, through ${through}; take one of them out`,
      },
    ])
  })

  test('to a file that cannot be read are said once, at that file', async () => {
    const found = await foundIn({ ...withRef('/fragment/common/1.0.0#'), 'fragment/common/1.0.0.json': '{' })

    expect(found.map(({ rule, file }) => [rule, file])).toEqual([['readable', 'fragment/common/1.0.0.json']])
  })
})

describe('files', () => {
  test('that are the same version are checked once, and links to them not at all', async () => {
    const wrong = { ...VERSION, properties: { ...VERSION.properties, aB: text } }

    const found = await foundIn({
      ...withVersion(wrong),
      'shop/click/1.0.0.yaml': wrong,
      'shop/click/1.0.0': 'link:1.0.0.yaml',
      'shop/click/latest.yaml': 'link:1.0.0.yaml',
      'shop/click/latest': 'link:latest.yaml',
    })

    expect(found.map(({ rule, file }) => [rule, file])).toEqual([['snake-case', 'shop/click/1.0.0.json']])
  })

  test('that cannot be read are a finding each, and keep no other from being checked', async () => {
    const folder = await folderOf({
      ...withProperties({ aB: text }),
      'fragment/common/1.0.0.json': '{\n"title": "a",\n"title": "b"\n}',
      'fragment/common/current.yaml': 'title: a\nb: c: d',
      'fragment/common/1.0.0': 'link:1.0.0.json',
      'fragment/common/latest.json': 'link:none.json',
    })

    const { findings } = await lint([folder], OPTIONS)

    const path = (name: string) => join(folder, name)
    expect(findings).toMatchObject([
      { rule: 'readable', file: path('fragment/common/1.0.0.json'), line: 3 },
      { rule: 'readable', file: path('fragment/common/current.yaml'), line: 2 },
      { rule: 'readable', file: path('fragment/common/latest.json'), line: 1 },
      { rule: 'snake-case', file: path('shop/click/1.0.0.json') },
    ])
  })

  test('of one $id in two folders are a finding each in the second', async () => {
    const [first, second] = [await folderOf(GOOD), await folderOf(GOOD)]

    const { findings } = await lint([first, second], OPTIONS)

    expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(['unique-id']))
    expect(findings.map(({ file }) => file)).toEqual([
      join(second, 'fragment/common/current.yaml'),
      join(second, 'shop/click/current.yaml'),
    ])
    expect(findings[0]!.message).toContain(join(first, 'fragment/common/current.yaml'))
  })

  test('of a folder that is named twice are checked once', async () => {
    const folder = await folderOf(GOOD)

    expect(await lint([folder, `${folder}/shop/..`], OPTIONS)).toEqual({ findings: [], files: 4 })
  })
})

test('an example that an unsafe pattern would take years for is not tried', async () => {
  const found = await foundIn({
    ...withVersion({
      properties: { ...VERSION.properties, a: { ...text, pattern: '^(a+)+$' } },
      examples: [{ ...EXAMPLE, a: `${'a'.repeat(60)}!` }],
    }),
  })

  expect(found.map(({ rule }) => rule)).toEqual(['safe-pattern'])
})

test('a name of 100 kB is no trouble', async () => {
  const name = 'a'.repeat(100_000)

  expect(await foundIn(withProperties({ [name]: text }))).toEqual([])
  expect(await foundIn(withProperties({ [`${name}!`]: text }))).toMatchObject([{ rule: 'snake-case' }])
})

test('a folder below the schema folder has findings that say to name the one above', async () => {
  const folder = await folderOf(GOOD)

  const { findings } = await lint([join(folder, 'shop')], OPTIONS)

  expect(findings.map(({ rule }) => rule)).toContain('title-is-path')
  for (const { message } of findings.filter(({ rule }) => rule === 'title-is-path'))
    expect(message).toBe(
      '"title" is "shop/click"; the folder that was named is probably shop below the schema folder, so name that, the one that holds shop',
    )
})

test('a rule that the config switches off for a path holds everywhere else', async () => {
  const definitions = { a: { type: 'object', properties: { aB: text } } }

  const found = await foundIn({
    ...withProperties({ aB: text }),
    'fragment/common/current.yaml': { ...FRAGMENT, definitions },
    'rivulet-schemas.yaml': 'off: { snake-case: [shop/click/1.0.0.json], published: [.] }',
  })

  expect(found.map(({ file }) => file)).toEqual(['fragment/common/current.yaml'])
})

test('findings come by file and line, each with the reason of its rule', async () => {
  const folder = await folderOf(withProperties({ bC: text, aB: text }))

  const { findings } = await lint([folder], OPTIONS)

  expect(findings.map(({ pointer }) => pointer)).toEqual(['/properties/bC', '/properties/aB'])
  expect(findings[0]).toEqual({
    rule: 'snake-case',
    file: join(folder, 'shop/click/1.0.0.json'),
    line: expect.any(Number),
    pointer: '/properties/bC',
    message: '"bC" is not in snake_case; call it b_c',
    reason: 'Fields become columns, and columns do not tell capitals apart.',
  })
})

test('a folder that is missing, and a config that cannot be used, are errors', async () => {
  const folder = await folderOf({ 'rivulet-schemas.yaml': 'off: {snakecase: [.]}' })

  await expect(lint([join(folder, 'none')], OPTIONS)).rejects.toThrow(/none: no such schema folder/)
  await expect(lint([folder], OPTIONS)).rejects.toThrow(/names the rule snakecase/)
})
