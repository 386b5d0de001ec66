import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Intake, type IntakeOptions, type LogLine, startIntake } from '../../../src/intake/intake.ts'
import { folderOf } from '../../support/folder.ts'

/** An event as tests read it back. */
export type StoredEvent = { meta: { id?: string; dt?: string; stream?: string } } & {
  [field: string]: unknown
}

export const CLICK_SCHEMA = {
  title: 'shop/click',
  $id: '/shop/click/1.0.0',
  $schema: 'https://json-schema.org/draft-07/schema#',
  type: 'object',
  additionalProperties: false,
  required: ['$schema', 'meta', 'dt', 'action'],
  properties: {
    $schema: { type: 'string' },
    meta: {
      type: 'object',
      required: ['dt', 'stream'],
      properties: {
        dt: { type: 'string', format: 'date-time', maxLength: 128 },
        id: { type: 'string' },
        stream: { type: 'string', minLength: 1 },
      },
    },
    dt: { type: 'string', format: 'date-time', maxLength: 128 },
    action: { type: 'string', enum: ['buy', 'remove'] },
    count: { type: 'integer', default: 1, minimum: 0, maximum: 100 },
    note: { type: 'string' },
  },
}

const STREAMS = {
  streams: {
    'shop.click': { schema_title: 'shop/click' },
    'shop.view': { schema_title: 'shop/view' },
    'shop.untitled': {},
    'shop.broken': 'on',
  },
}

/** A valid event of `shop.click`, as a client sends it. */
export function click(id: string | undefined, fields: { [field: string]: unknown } = {}) {
  return {
    $schema: '/shop/click/1.0.0',
    dt: '2026-11-22T10:00:00.000Z',
    meta: { stream: 'shop.click', ...(id === undefined ? {} : { id }) },
    action: 'buy',
    ...fields,
  }
}

/** Schemas, stream config and a data folder to run an intake with. */
export async function shopFolder(streams: object = STREAMS) {
  const view = { ...CLICK_SCHEMA, title: 'shop/view', $id: '/shop/view/1.0.0' }
  const folder = await folderOf({
    'schemas/shop/click/1.0.0.json': CLICK_SCHEMA,
    'schemas/shop/view/1.0.0.json': view,
    'streams.json': streams,
  })
  return {
    folder,
    schemas: [join(folder, 'schemas')],
    streams: join(folder, 'streams.json'),
    data: join(folder, 'data'),
  }
}

type ShopFolder = Awaited<ReturnType<typeof shopFolder>>

/** A real intake on a free port, closed when the test ends. */
export async function startShopIntake(shop?: ShopFolder, options: Partial<IntakeOptions> = {}) {
  const { data, schemas, streams, folder } = shop ?? (await shopFolder())
  const lines: LogLine[] = []
  const log = (line: LogLine) => void lines.push(line)
  const intake: Intake = await startIntake({ data, schemas, streams, port: 0, log, ...options })
  onTestFinished(() => intake.close())

  return {
    ...intake,
    folder,
    lines,
    post: (body: unknown, options: PostOptions = {}) => postEvents(intake.url, body, options),
    stored: (stream: string) => storedEvents(data, stream),
  }
}

interface PostOptions {
  readonly type?: string | undefined
  readonly query?: string
  readonly headers?: { readonly [name: string]: string }
}

/** Posts a body, strings and bytes as they are, anything else as JSON. */
export async function postEvents(
  url: string,
  body: unknown,
  { type = 'text/plain', query = '', headers = {} }: PostOptions = {},
) {
  const sent = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  const response = await fetch(`${url}/v1/events${query}`, {
    method: 'POST',
    body: Buffer.from(sent),
    headers: { ...(type ? { 'content-type': type } : {}), ...headers },
  })
  const text = await response.text()
  return {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
    text,
    json: () => JSON.parse(text) as { invalid?: Entry[]; error?: Entry[]; title?: string; status?: number },
  }
}

interface Entry {
  readonly status: string
  readonly event: StoredEvent
  readonly context: {
    readonly message?: string
    readonly errorsText?: string
    readonly errors?: { [name: string]: unknown }[]
  }
}

/** The lines of a stream, of all days. Fails where one is no JSON. */
export async function storedEvents(data: string, stream: string): Promise<StoredEvent[]> {
  const folder = join(data, stream)
  if (!existsSync(folder)) return []
  const files = (await readdir(folder)).sort()
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  return texts.flatMap((text) =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line)),
  )
}

/** Waits until a condition holds, for at most five seconds, or as many ms. */
export async function until(condition: () => boolean | Promise<boolean>, longest = 5_000): Promise<void> {
  const deadline = Date.now() + longest
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`in vain for ${longest} ms: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
