import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startIntake } from 'rivulet/intake'

/** An event as the intake stored it. */
export interface StoredEvent {
  readonly meta: {
    readonly id: string
    readonly dt: string
    readonly stream: string
    readonly domain: string
    readonly producer: { readonly id: string; readonly seq: number; readonly [field: string]: unknown }
  }
  readonly $schema: string
  readonly dt: string
  readonly action?: string
  readonly page: { readonly title: string }
  readonly performer: { readonly pageview_id: string; readonly session_id: string }
  readonly [field: string]: unknown
}

/** A real intake with the streams `web.click` and `web.view`, both of the schema `/web/click/1.0.0`. */
export interface WebIntake {
  readonly url: string
  /** The folder in which it stores. */
  readonly data: string
  /** Its schema folder. */
  readonly schemas: string
  stored(stream?: string): Promise<StoredEvent[]>
  /** Replaces the stream config that it serves. */
  configure(config: object): Promise<void>
}

const SCHEMA = {
  title: 'web/click',
  $id: '/web/click/1.0.0',
  $schema: 'https://json-schema.org/draft-07/schema#',
  type: 'object',
  required: ['$schema', 'meta', 'dt', 'action'],
  properties: {
    $schema: { type: 'string' },
    meta: {
      type: 'object',
      required: ['dt', 'id', 'stream'],
      properties: { dt: { type: 'string', format: 'date-time' } },
    },
    dt: { type: 'string', format: 'date-time' },
    action: { type: 'string' },
  },
}

/** Asked for by each event of a test: which page view and session it is of, and the page's title. */
const VALUES = ['page_title', 'performer_pageview_id', 'performer_session_id']

const settings = { schema_title: 'web/click', producers: { rivulet: { provide_values: VALUES } } }

export const STREAMS = {
  'web.click': settings,
  'web.view': settings,
  'rivulet.web_vital': { schema_title: 'rivulet/web_vital' },
}

/** Starts one on a free port; it ends with the test. */
export async function startWebIntake(): Promise<WebIntake> {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-web-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const data = join(folder, 'data')
  const schemas = join(folder, 'schemas')
  const streams = join(folder, 'streams.json')
  await mkdir(join(schemas, 'web/click'), { recursive: true })
  await writeFile(join(schemas, 'web/click/1.0.0.json'), JSON.stringify(SCHEMA))
  const configure = (config: object) => writeFile(streams, JSON.stringify(config))
  await configure({ streams: STREAMS })

  const intake = await startIntake({ data, schemas: [schemas], streams, port: 0, log: () => {} })
  onTestFinished(() => intake.close())
  return {
    url: intake.url,
    data,
    schemas,
    stored: (stream = 'web.click') => linesOf(join(data, stream)),
    configure,
  }
}

async function linesOf(folder: string): Promise<StoredEvent[]> {
  if (!existsSync(folder)) return []
  const files = (await readdir(folder)).sort()
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  // The last line may be half written at the moment.
  return texts.flatMap((text) =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line)),
  )
}
