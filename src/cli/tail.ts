import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { codeOf, IntakeError } from '../intake/intake-error.ts'
import { type ServerSentEvent, serverSentEvents } from './server-sent-events.ts'
import { timeOf } from './time.ts'

interface TailFlags {
  url: string
  token?: string
  since?: Date
  fromId?: string
  state?: string
  ids?: true
  limit?: number
  retry: boolean
  json?: true
}

const EXPLANATION = `
Each event is a line of JSON. It begins with what comes from now on, or where --since, --from-id or --state says, and
goes on when the intake was away. Ctrl-C ends it.

With --state, whoever kills it misses nothing: it begins again behind the last event that it has noted, which is one that
it has written. What it wrote last may come a second time, since it writes first and notes then; meta.id tells.

Exit code: 0 where it was ended, or has written --limit events; 2 where it cannot go on.

Examples:
  rivulet tail shop.click
  rivulet tail shop.click,rivulet.rejected --since 1h | jq -r .meta.id
  RIVULET_TOKEN=... rivulet tail shop.click --url https://intake.example.org --state clicks.id >> clicks.jsonl`

/** `rivulet tail`: what comes in, as JSON lines. */
export function addTailCommand(program: Command): void {
  program
    .command('tail')
    .description('print the events of a running intake as they come, as JSON lines')
    .argument('<streams>', 'the streams, with commas between')
    .option('--url <url>', 'where the intake listens', httpUrl, 'http://127.0.0.1:8192')
    .addOption(new Option('--token <token>', 'the token of the intake').env('RIVULET_TOKEN'))
    .option(
      '--since <time>',
      'also what was received since then: 2026-11-22, 2026-11-22T10:00Z (UTC where no zone is named), or 30m, 24h, 7d ago',
      timeOf,
    )
    .option('--from-id <id>', 'what comes after the event with this id, as --ids writes it')
    .option('--state <file>', 'note the last id in this file, and begin there if it is there')
    .option('--ids', 'write {"id","event"} for each, in place of the event')
    .option('--limit <number>', 'end after so many events', count)
    .option('--no-retry', 'end when the intake is away, in place of trying again')
    .option('--json', 'write what is not an event as JSON too, to stderr')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

/** Between two attempts, in ms: doubled each time. */
const PAUSE = { shortest: 500, longest: 30_000 }

async function run(streams: string, flags: TailFlags): Promise<void> {
  if (flags.fromId !== undefined && (flags.state !== undefined || flags.since !== undefined))
    throw new InvalidArgumentError('give either --from-id, or --since and --state')
  const stopped = new AbortController()
  const { signal } = stopped
  const stop = () => stopped.abort()
  for (const name of SIGNALS) process.once(name, stop)
  process.stdout.on('error', () => undefined) // told to the one who writes
  try {
    await follow(streams, flags, signal)
  } catch (error) {
    // Whoever reads has enough, as `head` has.
    if (!signal.aborted && codeOf(error) !== 'EPIPE') throw error
  } finally {
    stop()
  }
}

/** Resolves when there are as many as were wanted; rejects when it cannot go on, or is told to stop. */
async function follow(streams: string, flags: TailFlags, signal: AbortSignal): Promise<void> {
  const { url, token, since, state, ids, limit = Infinity, retry, json } = flags
  let id = flags.fromId ?? (state === undefined ? undefined : noted(state))
  let written = 0
  for (let failures = 0; ; failures++) {
    try {
      const body = await opened(streamUrl(url, streams, since), { id, token, signal })
      if (failures > 0) tell(`${url}: is back`)
      failures = 0
      for await (const messages of serverSentEvents(body)) {
        await write(messages)
        if (written >= limit) return
      }
      throw new Unavailable(`${url}: the intake ended the stream`)
    } catch (error) {
      if (signal.aborted || !retry || !(error instanceof Unavailable)) throw error
      if (failures === 0) tell(`${error.message}; trying again until it is back`)
      await wait(error.after ?? pauseAfter(failures), undefined, { signal })
    }
  }

  async function write(messages: readonly ServerSentEvent[]): Promise<void> {
    let text = ''
    const before = id
    for (const { event, data, ...message } of messages) {
      if (written >= limit || event === 'error') break
      id = message.id ?? id
      if (data === undefined) continue
      text += ids ? `{"id":${JSON.stringify(id)},"event":${data}}\n` : `${data}\n`
      written += 1
    }
    if (text !== '') await print(text)
    if (state !== undefined && id !== undefined && id !== before) note(state, id)
    const error = messages.find(({ event }) => event === 'error')
    if (error && written < limit) throw new Unavailable(`${url}: the intake could not go on: ${error.data}`)
  }

  function tell(message: string): void {
    process.stderr.write(
      json ? `${JSON.stringify({ level: 'warn', message })}\n` : `rivulet tail: ${message}\n`,
    )
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** The intake is away; trying again may help, `after` so many ms where it says so. */
class Unavailable extends IntakeError {
  readonly after: number | undefined

  constructor(message: string, { cause, after }: { cause?: unknown; after?: number | undefined } = {}) {
    super(message, { cause })
    this.after = after
  }
}

/** The server-sent events of a URL, from behind an id. Rejects with an IntakeError where there are none. */
async function opened(
  url: URL,
  { id, token, signal }: { id: string | undefined; token: string | undefined; signal: AbortSignal },
): Promise<AsyncIterable<Uint8Array>> {
  const headers = {
    accept: 'text/event-stream',
    ...(id === undefined ? {} : { 'last-event-id': id }),
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  }
  // Throws where an id or a token can be in no header.
  const request = new Request(url, { headers, signal })
  const response = await fetch(request).catch((cause) => {
    throw unreachable(url, cause)
  })
  const { ok, status, body } = response
  if (!ok) {
    const detail = `${url.origin}: ${detailIn(await response.text().catch(() => '')) ?? `answers ${status}`}`
    if (status !== 429 && status < 500) throw new IntakeError(detail)
    throw new Unavailable(detail, { after: 1000 * Number(response.headers.get('retry-after')) || undefined })
  }
  if (!body || !response.headers.get('content-type')?.startsWith('text/event-stream'))
    throw new IntakeError(`${url.origin}: answers no events; name a Rivulet intake with --url`)
  return received(body as unknown as AsyncIterable<Uint8Array>, url)
}

async function* received(body: AsyncIterable<Uint8Array>, url: URL): AsyncGenerator<Uint8Array, void> {
  try {
    yield* body
  } catch (cause) {
    throw unreachable(url, cause)
  }
}

function unreachable({ origin }: URL, error: unknown): Unavailable {
  const { message, cause } = error as Error & { cause?: Error }
  return new Unavailable(`${origin}: cannot be reached (${cause?.message || codeOf(cause) || message})`, {
    cause,
  })
}

function detailIn(body: string): string | undefined {
  try {
    return JSON.parse(body).detail
  } catch {
    return undefined // not from an intake
  }
}

function pauseAfter(failures: number): number {
  return Math.min(PAUSE.longest, PAUSE.shortest * 2 ** failures) * (0.5 + Math.random() / 2)
}

function streamUrl(url: string, streams: string, since: Date | undefined): URL {
  const names = streams.split(',').map((name) => encodeURIComponent(name.trim()))
  const query = since ? `?since=${since.getTime()}` : ''
  return new URL(`${url}/v2/stream/${names.join(',')}${query}`)
}

function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()))
  })
}

function noted(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw new IntakeError(`${path}: cannot be read (${(cause as Error).message}); name another file`, {
      cause,
    })
  }
}

/** Whole, or as it was. */
function note(path: string, id: string): void {
  try {
    writeFileSync(`${path}.new`, `${id}\n`)
    renameSync(`${path}.new`, path)
  } catch (cause) {
    throw new IntakeError(`${path}: cannot be written (${(cause as Error).message}); name another file`, {
      cause,
    })
  }
}

function httpUrl(text: string): string {
  if (/^https?:\/\/./.test(text) && URL.canParse(text)) return text.replace(/\/+$/, '')
  throw new InvalidArgumentError('Give a URL, such as http://127.0.0.1:8192.')
}

function count(text: string): number {
  if (/^\d{1,15}$/.test(text) && Number(text) > 0) return Number(text)
  throw new InvalidArgumentError('Give a whole number, 1 or more.')
}
