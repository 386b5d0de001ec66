import { describe, expect, test } from 'vitest'
import { LINT_RULES } from '../../../../src/schema/lint/lint.ts'
import { MATERIALIZED } from '../../../../src/schema/lint/unmaterialized.ts'
import { COMPATIBLE, PUBLISHED } from '../../../../src/schema/shared-rules.ts'
import type { Files } from '../../../support/folder.ts'
import {
  CURRENT,
  ENVELOPE,
  EXAMPLE,
  GOOD,
  VERSION,
  count,
  foundIn,
  text,
  withCurrent,
  withProperties,
  withProperty,
  withVersion,
  without,
} from './good-repository.ts'

const broken = new Set<string>()

async function expectOne(files: Files, rule: string, file: string, pointer: string, line: string) {
  const found = await foundIn(files)

  const message = expect.stringMatching(/^[^\n]+; [^\n]+$/) // what is wrong; what to do
  expect(found).toEqual([{ rule, file, pointer, text: line, message }])
  broken.add(rule)
}

type Row = [rule: string, what: string, changes: object, pointer: string, line: string]

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
    ['safe-pattern', 'behind', { ...text, pattern: '(?<=^(a+)+)b' }, '/pattern', '"pattern": "(?<=^(a+)+)b"'],
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
