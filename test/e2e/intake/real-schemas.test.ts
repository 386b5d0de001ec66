import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createSchemaRegistry } from '../../../src/intake/registry.ts'
import { openSchemaRepository } from '../../../src/schema/repository.ts'
import { readSchemaFile } from '../../../src/schema/schema-file.ts'
import { type StoredEvent, shopFolder, startShopIntake } from './temp-intake.ts'

const FOLDER = process.env.RIVULET_TEST_SCHEMAS
if (!FOLDER) console.log('RIVULET_TEST_SCHEMAS is not set: no real schemas to try the intake against')

const ERROR_STREAM = 'rivulet.error.validation'

/** The examples of all schemas that are not only a part of others. */
function realExamples(base: string) {
  const files = readdirSync(base, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /^(?!fragment).*\d+\.\d+\.\d+\.yaml$/.test(file),
  )
  return files.flatMap((file) => {
    const schema = readSchemaFile(join(base, file))
    const examples = (schema.examples ?? []) as StoredEvent[]
    return examples.map((example, index) => ({
      id: `${file}#${index}`,
      uri: `/${file.replace(/\.yaml$/, '')}`,
      title: String(schema.title),
      example,
    }))
  })
}

describe.runIf(FOLDER)('real schemas', () => {
  const base = join(FOLDER ?? '', 'jsonschema')
  const examples = FOLDER ? realExamples(base) : []

  async function startRealIntake() {
    const streams = Object.fromEntries(
      examples.map(({ title, uri }) => [`test${uri.replaceAll('/', '.')}`, { schema_title: title }]),
    )
    const all = { ...streams, [ERROR_STREAM]: { schema_title: 'error' } }
    return startShopIntake({ ...(await shopFolder(all)), schemas: [base] })
  }

  /** An example as a client sends it: with the id and without the time of receipt. */
  const asSent = ({ id, uri, example }: (typeof examples)[number]) => {
    const { dt: _, ...meta } = example.meta
    return { ...example, $schema: uri, meta: { ...meta, stream: `test${uri.replaceAll('/', '.')}`, id } }
  }

  test('each has examples to try', () => {
    expect(examples.length).toBeGreaterThanOrEqual(8)
  })

  test('valid events of all of them are stored in one batch', async () => {
    const { post, stored } = await startRealIntake()

    const answer = await post(examples.map(asSent))

    expect(answer.text).toBe('')
    expect(answer.status).toBe(201)
    for (const { meta, ...event } of examples.map(asSent)) {
      const found = (await stored(meta.stream)).find(({ meta: { id } }) => id === meta.id)
      // More may be there: what its schema has for facts of the request.
      expect(found).toMatchObject({ ...event, meta: { ...meta, dt: expect.any(String) } })
    }
  })

  test.each([
    ['a meta that is a string', (event: object) => ({ ...event, meta: 'text' })],
    ['no stream', (event: StoredEvent) => ({ ...event, meta: { id: event.meta.id } })],
    [
      'a stream that is no string',
      (event: StoredEvent) => ({ ...event, meta: { ...event.meta, stream: 5 } }),
    ],
    [
      'a meta.dt that is no time',
      (event: StoredEvent) => ({ ...event, meta: { ...event.meta, dt: 'yesterday' } }),
    ],
    [
      'a meta.domain that is empty',
      (event: StoredEvent) => ({ ...event, meta: { ...event.meta, domain: '' } }),
    ],
    [
      'a title that belongs to no stream here',
      (event: object) => ({ ...event, $schema: '/rivulet/web_vital/1.0.0' }),
    ],
  ])('none of them takes an event with %s', async (_, spoil) => {
    const { post, stored } = await startRealIntake()

    for (const one of examples) {
      const { status } = await post(spoil(asSent(one)))
      expect([400, 500]).toContain(status)
    }

    for (const one of examples) expect(await stored(asSent(one).meta.stream)).toEqual([])
    expect(await stored('rivulet.rejected')).toHaveLength(examples.length)
  })

  test("what is invalid is told in events that are valid by the family's own schema of errors", async () => {
    const { post, stored } = await startRealIntake()
    await post(examples.map((one) => ({ ...asSent(one), dt: 5, client_dt: 5 })))

    const errorEvents = await stored(ERROR_STREAM)

    expect(errorEvents.length).toBeGreaterThanOrEqual(8)
    expect(errorsBy(base, '/error/2.1.0', errorEvents)).toEqual([])
  })
})

function errorsBy(base: string, uri: string, events: readonly StoredEvent[]) {
  const { errorsOf } = createSchemaRegistry(openSchemaRepository([base])).get(uri)
  return events.flatMap(errorsOf)
}
