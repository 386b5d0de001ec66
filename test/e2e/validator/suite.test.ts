import { afterAll, describe, expect, test } from 'vitest'
import { rulesOf } from '../../../src/schema/generate/validator-rules.ts'
import { asEvent, DRAFT_7, generatedFor } from '../../support/generated.ts'
import { draft7Groups, type SuiteGroup } from '../../support/json-schema-test-suite.ts'

// The JSON-Schema-Test-Suite's required tests of draft-07: those of each keyword that a page checks.

/** The files of the suite for what we support. `default` and `definitions` say nothing of what is valid. */
const SUPPORTED = [
  ...['additionalProperties', 'boolean_schema', 'const', 'default', 'enum', 'items', 'maxItems', 'maxLength'],
  ...[
    'maxProperties',
    'maximum',
    'minItems',
    'minLength',
    'minProperties',
    'minimum',
    'pattern',
    'properties',
  ],
  ...['propertyNames', 'required', 'type', 'uniqueItems'],
]

/** What such a schema has beside the keyword under test. */
const REFUSED =
  /"(patternProperties|allOf|anyOf|\$ref|definitions|dependencies|not)" cannot|items with a schema for each/

const suite = await draft7Groups()
if (!suite)
  console.log('The JSON-Schema-Test-Suite is skipped: install the Debian package json-schema-test-suite')

/** The schema of a group as that of a field, since an event is an object. */
const asField = ({ schema }: SuiteGroup) => ({ properties: { value: schema } })

/** Why a page cannot check the schema; undefined where it can. */
function refusal(group: SuiteGroup): string | undefined {
  try {
    rulesOf({ path: 'schema.json', text: '', content: { $schema: DRAFT_7, ...asField(group) } })
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

describe.runIf(suite)('the required tests of draft-07', async () => {
  const groups = SUPPORTED.flatMap((file) =>
    (suite?.get(file) ?? []).map((group, index) => ({ title: `${file}_${index}`, ...group })),
  )
  const supported = groups.filter((group) => refusal(group) === undefined)
  const generated = await generatedFor(
    Object.fromEntries(supported.map((group) => [group.title, asField(group)])),
  )
  afterAll(() => generated.remove())

  test('are there for each keyword', () => {
    expect(SUPPORTED.filter((file) => !suite?.get(file)?.length)).toEqual([])
    expect(supported.length).toBeGreaterThan(40)
  })

  test('are left out only where the schema has another keyword, which generate refuses', () => {
    const refusals = groups.flatMap((group) => refusal(group) ?? [])

    expect(refusals.filter((message) => !REFUSED.test(message))).toEqual([])
  })

  describe.each(supported)('$title: $description', ({ title, tests }) => {
    test.each(tests)('$description', ({ data, valid }) => {
      const problems = generated.schemas[title]!.validate(asEvent({ value: data }))

      expect(problems?.length === 0).toBe(valid)
    })
  })
})

test.runIf(suite)(
  'every keyword of draft-07 that a page cannot check is refused when the files are generated',
  () => {
    const others = [...suite!].filter(([file]) => !SUPPORTED.includes(file) && file !== 'definitions')
    const accepted = others.flatMap(([file, groups]) =>
      groups
        .filter((group) => refusal(group) === undefined)
        .map(({ description }) => `${file}: ${description}`),
    )

    expect(others.map(([file]) => file)).toEqual(
      expect.arrayContaining([
        'allOf',
        'anyOf',
        'contains',
        'dependencies',
        'if-then-else',
        'not',
        'oneOf',
        'ref',
      ]),
    )
    expect(accepted).toEqual(['ref: property named $ref that is not a reference'])
  },
)
