import { cwd } from 'node:process'
import { OWN_SCHEMAS } from '../../../../src/intake/package-files.ts'
import { type Limits, type QueryRequest, runQuery } from '../../../../src/intake/query/run-query.ts'
import { createReadStreams } from '../../../../src/intake/query/stored-streams.ts'
import { openSchemaRepository } from '../../../../src/schema/repository.ts'
import { type Files, folderOf, head } from '../../../support/folder.ts'

export const LIMITS: Limits = {
  seconds: 30,
  megabytes: 500,
  threads: 2,
  rows: 100,
  resultBytes: 1e6,
  fileBytes: 1e6,
}

/** Lines of a day file. */
export const lines = (...events: readonly (object | string)[]): string =>
  events.map((event) => `${typeof event === 'string' ? event : JSON.stringify(event)}\n`).join('')

/** An event of `shop.click`, as an intake stores it. */
export const click = (fields: object = {}, meta: object = {}) => ({
  $schema: '/shop/click/1.0.0',
  meta: { id: 'a', stream: 'shop.click', dt: '2026-11-22T10:00:00.500Z', domain: 'shop.test', ...meta },
  ...fields,
})

/** A published schema, by the path of its file. */
export const schema = (title: string, properties: object, version = '1.0.0'): Files => ({
  [`${title}/${version}.json`]: { ...head(title, version), type: 'object', properties },
})

/** A data folder and schemas, to be asked in SQL; removed when the test ends. */
export async function openData({
  files,
  schemas = {},
  configured = {},
}: {
  files: Files
  schemas?: Files
  configured?: { [stream: string]: string }
}) {
  return askedAt(await folderOf(files), { schemas: [await folderOf(schemas)], configured })
}

/** A data folder, to be asked in this process, which is in the folder while it answers. */
export function askedAt(
  data: string,
  {
    schemas = [],
    configured = {},
  }: { schemas?: readonly string[]; configured?: { [stream: string]: string } } = {},
) {
  const readStreams = createReadStreams({
    data,
    schemas: openSchemaRepository([...schemas, OWN_SCHEMAS]),
    configured: () => new Map(Object.entries(configured)),
  })

  async function ask(sql: string, { limits = LIMITS, ...more }: Partial<QueryRequest> = {}) {
    const streams = await readStreams()
    const before = cwd()
    process.chdir(data)
    try {
      return await runQuery({ sql, streams, limits, ...more })
    } finally {
      process.chdir(before)
    }
  }
  return { data, ask, rows: async (sql: string) => (await ask(sql)).rows, readStreams }
}
