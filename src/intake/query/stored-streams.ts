import { createReadStream } from 'node:fs'
import { relative } from 'node:path'
import { isDraft, type SchemaRepository } from '../../schema/repository.ts'
import type { SchemaObject } from '../../schema/schema-file.ts'
import { parseSchemaUri } from '../../schema/schema-uri.ts'
import { type DayFile, dayFilesIn, linesOf } from '../day-files.ts'
import { folderName } from '../event-log.ts'
import { isObject } from '../ingest.ts'
import { codeOf } from '../intake-error.ts'
import { fieldsOf } from './columns.ts'
import type { StoredStream } from './views.ts'

/** Looks up which streams a data folder has, their files, and what their events hold. */
export type ReadStreams = () => Promise<StoredStream[]>

/** Enough for the names at the beginning of an event; a whole one has 90 kB at most. */
const HEAD_BYTES = 128 * 1024

/**
 * Reads streams anew at each call. What published schemas and the first lines of files say never changes, and is read
 * once.
 */
export function createReadStreams({
  data,
  schemas,
  configured,
}: {
  data: string
  schemas: SchemaRepository
  /** The streams of the stream config, and the schema titles that they name. */
  configured: () => ReadonlyMap<string, string>
}): ReadStreams {
  const published = new Map<string, SchemaObject>()
  const heads = new Map<string, Head>()

  return async () => {
    const titles = configured()
    const byFolder = new Map<string, DayFile[]>()
    for (const stream of titles.keys()) byFolder.set(folderName(stream), [])
    for (const file of await dayFilesIn(data))
      byFolder.set(file.folder, [...(byFolder.get(file.folder) ?? []), file])
    const names = new Map([...titles.keys()].map((stream) => [folderName(stream), stream]))

    const streams: StoredStream[] = []
    for (const [folder, files] of byFolder) {
      const found = await Promise.all([...new Set([files.at(0), files.at(-1)])].map(headOf))
      const configuredName = names.get(folder)
      const stream = configuredName ?? nameOf(folder, found)
      const wanted = [titles.get(stream), ...found.map((head) => head.title)]
      const versions = [...new Set(wanted)].flatMap((title) => (title ? versionsOf(title) : []))
      streams.push({
        stream,
        files: files.map(({ path }) => relative(data, path).replace(/\\/g, '/')),
        fields: versions.length > 0 ? fieldsOf(versions) : undefined,
      })
    }
    return streams.sort((a, b) => (a.stream < b.stream ? -1 : 1))
  }

  async function headOf(file: DayFile | undefined): Promise<Head> {
    if (!file) return {}
    const known = heads.get(file.path)
    if (known) return known
    const head = await readHead(file.path)
    if (head.stream) heads.set(file.path, head)
    return head
  }

  /** A version that cannot be read is not asked: its fields are in the view `raw`. */
  function versionsOf(title: string): SchemaObject[] {
    return schemas.versionsOf(title).flatMap((uri) => {
      const known = published.get(uri)
      if (known) return [known]
      try {
        const schema = schemas.find(uri)
        if (!schema) return []
        if (!isDraft(schema)) published.set(uri, schema.content)
        return [schema.content]
      } catch {
        return []
      }
    })
  }
}

/** Of a long name, the folder has only a part. */
function nameOf(folder: string, heads: readonly Head[]): string {
  return heads.find(({ stream }) => stream !== undefined && folderName(stream) === folder)?.stream ?? folder
}

/** What the first event of a file says of itself. */
interface Head {
  readonly stream?: string | undefined
  readonly title?: string | undefined
}

async function readHead(path: string): Promise<Head> {
  const chunks = createReadStream(path, { highWaterMark: HEAD_BYTES }) as AsyncIterable<Buffer>
  try {
    for await (const { lines } of linesOf(chunks))
      for (const line of lines) {
        const head = headIn(line)
        if (head.stream) return head
      }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error // removed since it was listed
  }
  return {}
}

function headIn(line: string): Head {
  try {
    const { $schema, meta } = JSON.parse(line)
    const stream = isObject(meta) && typeof meta.stream === 'string' ? meta.stream : undefined
    return { stream, title: parseSchemaUri(String($schema))?.title }
  } catch {
    return {} // blank, or none of ours
  }
}
