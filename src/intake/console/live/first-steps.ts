/** What the page reads of `/v1/stream-configs` and of a schema. */
interface StreamConfigs {
  readonly streams: { readonly [stream: string]: { readonly schema_title?: string } }
}
interface Schema {
  readonly $id: string
  readonly examples?: readonly Example[]
}
type Example = { readonly [field: string]: unknown; readonly meta?: object }

/** What an event looks like, where this intake has no stream to take an example from. */
const ANY_EVENT = { $schema: '/shop/click/1.0.0', meta: { stream: 'shop.click' }, action: 'buy' }

/** A command to paste into a terminal, which sends an event that this intake accepts, if its schemas give an example. */
export async function curlExample(origin: string): Promise<string> {
  const event = await exampleEvent().catch((error: Error) => {
    console.warn(`No example from this intake's own streams: ${error.message}`)
    return ANY_EVENT
  })
  const body = JSON.stringify(event, null, 2).replace(/'/g, `'\\''`)
  return `curl ${origin}/v1/events -H 'content-type: application/json' -d '${body}'`
}

/** What a page or a program says to send its events here. */
export function clientExample(origin: string): string {
  return [
    'createClient({',
    `  intakeUrl: '${origin}/v1/events',`,
    `  streamConfigUrl: '${origin}/v1/stream-configs',`,
    '})',
  ].join('\n')
}

/**
 * The example in the schema of the first stream, made new: without the id, by which the intake would know it again,
 * and without the time of receipt.
 */
async function exampleEvent(): Promise<object> {
  const { streams } = await read<StreamConfigs>('/v1/stream-configs')
  const [first] = Object.entries(streams).filter(([, { schema_title }]) => schema_title)
  if (!first) return ANY_EVENT

  const [stream, { schema_title }] = first
  const { $id, examples = [] } = await read<Schema>(`/schemas/${schema_title}/latest`)
  const [{ meta, ...fields } = {}] = examples
  const dt = 'dt' in fields ? { dt: new Date().toISOString() } : {}
  return { ...fields, $schema: $id, ...dt, meta: { ...meta, id: undefined, dt: undefined, stream } }
}

async function read<Content>(url: string): Promise<Content> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`)
  return answer.json()
}
