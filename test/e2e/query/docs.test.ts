import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeStoredEvents } from '../../bench/stored-events.mjs'
import { OWN_SCHEMAS } from '../../../src/intake/package-files.ts'
import { openQueries, type Queries } from '../../../src/intake/query/queries.ts'
import { openSchemaRepository } from '../../../src/schema/repository.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const guide = await readFile(here('../../../docs/querying.md'), 'utf8')
const blocks = [...guide.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql!)

describe('docs/querying.md', () => {
  let queries: Queries
  let data: string
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'rivulet-test-'))
    writeStoredEvents({ data, events: 5_000, until: new Date() })
    queries = openQueries({
      data,
      schemas: openSchemaRepository([here('../../../examples/shop/schemas'), OWN_SCHEMAS]),
      configured: () => new Map(),
    })
  })
  afterAll(async () => {
    await queries.close()
    await rm(data, { recursive: true })
  })

  test('has SQL to run', () => {
    expect(blocks.length).toBeGreaterThan(5)
  })

  test.each(blocks)('has SQL that runs and finds something: %s', async (sql) => {
    const { rows } = await queries.ask(sql)

    expect(rows.length).toBeGreaterThan(0)
    expect(rows.flat().filter((value) => value !== null)).not.toEqual([])
  })

  test('has a share of sessions that is one', async () => {
    const { columns, rows } = await queries.ask(blocks.find((sql) => sql.includes('AS share'))!)
    const at = columns.findIndex(({ name }) => name === 'share')

    for (const row of rows) {
      expect(row[at]).toBeGreaterThan(0)
      expect(row[at]).toBeLessThan(1)
    }
  })

  test('names each view and column of ours', async () => {
    const { views } = await queries.views()
    const columns = views.slice(0, 3).flatMap((view) => view.columns)

    for (const { name } of [...views.slice(0, 3), ...columns]) expect(guide).toContain(`\`${name}\``)
  })
})
