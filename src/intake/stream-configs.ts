import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { parse as parseYaml } from 'yaml'
import { dayOf } from './event-log.ts'
import { isObject, type StreamSettings } from './ingest.ts'
import { IntakeError } from './intake-error.ts'
import type { Log } from './log.ts'
import { compareRevisions, nextRevision } from './revision.ts'
import type { StateFile } from './state.ts'

/** A stream config as it goes out. */
export interface ServedConfig {
  readonly body: string
  readonly etag: string
  readonly revision: string
}

/** The stream config of a file, and what the file becomes. */
export interface StreamConfigs {
  /** The newest good version of the file. Looks at the file first. */
  served(): ServedConfig
  /** The settings of streams, by the newest good version of the file. Looks at the file first. */
  lookUp(): (stream: string) => StreamSettings
  /** The schema titles that the streams name. */
  schemaTitles(): readonly string[]
  close(): void
}

interface ParsedConfig {
  readonly streams: { readonly [stream: string]: unknown }
  readonly revision?: unknown
  readonly [setting: string]: unknown
}

const LOOK_EVERY = 1_000
// Within this time after a change, a second one may leave the file's times and size as they are.
const COARSE_CLOCK = 2_000

/**
 * Serves a stream config file, JSON or YAML, and follows its changes. A version that cannot be read is told once and
 * leaves the last good one in force. Throws an IntakeError if the first version is none.
 */
export function openStreamConfigs({
  path,
  state,
  log,
  now = () => new Date(),
}: {
  path: string
  state: StateFile
  log: Log
  now?: () => Date
}): StreamConfigs {
  let streams: ReadonlyMap<string, unknown>
  let served: ServedConfig
  let seen = stamp()
  let complaint: string | undefined
  take(readConfig(path))

  // Not by fs.watch: it misses changes on network and container mounts, and a rename takes the watched file away.
  const timer = setInterval(look, LOOK_EVERY)
  timer.unref()

  return {
    served: () => {
      look()
      return served
    },
    lookUp() {
      look()
      const newest = streams
      return (stream) => settingsIn(newest, stream)
    },
    schemaTitles: () => [...new Set([...streams.keys()].flatMap(schemaTitleOf))],
    close: () => clearInterval(timer),
  }

  function schemaTitleOf(stream: string): string[] {
    const settings = settingsIn(streams, stream)
    return 'schemaTitle' in settings ? [settings.schemaTitle] : []
  }

  function look(): void {
    try {
      const found = stamp()
      // While something is wrong it is tried anew at each look: a full disk, too, shows only in trying.
      if (found === seen && complaint === undefined) return
      take(readConfig(path))
      seen = found
      if (complaint !== undefined)
        log({ level: 'info', message: `${path}: is good again, revision ${served.revision}` })
      complaint = undefined
    } catch (error) {
      const { message } = error as Error
      if (message !== complaint)
        log({ level: 'error', message: `${message}; until then revision ${served.revision} stays` })
      complaint = message
    }
  }

  /** Differs where the file does. */
  function stamp(): string {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (!stat?.isFile()) return 'missing'
    const isFresh = now().getTime() - stat.mtimeMs < COARSE_CLOCK
    const content = isFresh ? digestOf(readFileSync(path)) : ''
    return [stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs, content].join(' ')
  }

  function take(found: ParsedConfig): void {
    const { revision: written, ...content } = found
    const digest = digestOf(JSON.stringify(content))
    const last = state.get().streamConfig
    const revision = revisionOf(digest, written, last)
    if (revision !== last?.revision || digest !== last.digest)
      state.set({ ...state.get(), streamConfig: { digest, revision } })

    const body = JSON.stringify({ ...content, revision })
    streams = new Map(Object.entries(found.streams))
    served = { body, etag: `"${digestOf(body).slice(0, 20)}"`, revision }
  }

  /** New and higher with every change of content; one that is written in the file wins where it is higher than the last. */
  function revisionOf(
    digest: string,
    written: unknown,
    last: { digest: string; revision: string } | undefined,
  ): string {
    const own = typeof written === 'string' || typeof written === 'number' ? String(written) : ''
    const ownIsHigher = /\d/.test(own) && (!last || compareRevisions(own, last.revision) > 0)
    if (ownIsHigher) return own
    return last?.digest === digest ? last.revision : nextRevision(last?.revision, dayOf(now()))
  }
}

function settingsIn(streams: ReadonlyMap<string, unknown>, stream: string): StreamSettings {
  const settings = streams.get(stream)
  if (settings === undefined) return { problem: `Stream "${stream}" is not configured here` }
  if (!isObject(settings))
    return { problem: `Stream "${stream}" is not configured here: its settings are no object` }
  if (typeof settings.schema_title === 'string') return { schemaTitle: settings.schema_title }
  return {
    problem: `Stream "${stream}" has no schema_title in the stream config, so no schema is allowed in it`,
  }
}

function readConfig(path: string): ParsedConfig {
  const parsed = parsedConfig(path, configText(path))
  if (!isObject(parsed))
    throw new IntakeError(
      `${path}: a stream config is an object, { "streams": { NAME: settings } }; correct the file`,
    )
  if (isObject(parsed.streams)) return { ...parsed, streams: parsed.streams }
  if ('streams' in parsed)
    throw new IntakeError(`${path}: "streams" is no object of stream names and settings; correct the file`)
  // The bare map. A stream's settings are an object, a revision never is.
  const { revision, ...streams } = parsed
  return isObject(revision) || revision === undefined ? { streams: parsed } : { streams, revision }
}

function configText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new IntakeError(
      `${path}: the stream config cannot be read (${(cause as Error).message}); name an existing file`,
      { cause },
    )
  }
}

function parsedConfig(path: string, text: string): unknown {
  const isYaml = /\.ya?ml$/.test(path)
  try {
    return isYaml ? parseYaml(text) : JSON.parse(text)
  } catch (cause) {
    const reason = (cause as Error).message.split('\n')[0]
    throw new IntakeError(
      `${path}: the stream config is no ${isYaml ? 'YAML' : 'JSON'} (${reason}); correct the file`,
      { cause },
    )
  }
}

const digestOf = (content: string | Buffer) => createHash('sha256').update(content).digest('hex')
