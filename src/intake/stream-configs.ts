import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { ownValue } from '../schema/json-pointer.ts'
import { readStreamsConfig } from '../streams/streams-config.ts'
import type { ConfigContent } from './config-content.ts'
import { type ConfigFile, readConfigFile, replaceFile, rewritten, whyReadOnly } from './config-file.ts'
import { type ConfigHistory, digestOfContent } from './config-history.ts'
import { dayOf } from './event-log.ts'
import { isObject, type StreamSettings } from './ingest.ts'
import type { Log } from './log.ts'
import { compareRevisions, nextRevision } from './revision.ts'

/** A stream config as it goes out. */
export interface ServedConfig {
  readonly body: string
  readonly etag: string
  readonly revision: string
}

/** The stream config of a file, what the file becomes, and what is made of it here. */
export interface StreamConfigs {
  /** The newest good version of the file. Looks at the file first. */
  served(): ServedConfig
  /** What it says. Looks at the file first. */
  content(): ConfigContent
  /** The settings of streams, by the newest good version of the file. Looks at the file first. */
  lookUp(): (stream: string) => StreamSettings
  /** The schema titles that the streams name, by stream, patterns among them. */
  titles(): ReadonlyMap<string, string>
  /** Where it is. */
  readonly path: string
  /** Why it cannot be written from here, in words. */
  whyReadOnly(): string | undefined
  /**
   * Writes other content to the file, as a new revision; false where the file was changed by others just now. Throws an
   * IntakeError, and changes nothing, where it cannot be written.
   */
  write(content: ConfigContent, by: { readonly author: string; readonly reason: string }): boolean
  /** Calls back with each new version. */
  onChange(listener: (served: ServedConfig) => void): void
  close(): void
}

interface InForce {
  readonly content: ConfigContent
  /** The entry that decides on a stream. */
  readonly keyOf: (stream: string) => string | undefined
}

// A change is to be with those who listen within a second.
const LOOK_EVERY = 500
// Within this time after a change, a second one may leave the file's times and size as they are.
const COARSE_CLOCK = 2_000

/**
 * Serves a stream config file, JSON or YAML, and follows its changes. A version that cannot be read is told once and
 * leaves the last good one in force. Throws an IntakeError if the first version is none.
 */
export function openStreamConfigs({
  path,
  history,
  log,
  now = () => new Date(),
}: {
  path: string
  history: ConfigHistory
  log: Log
  now?: () => Date
}): StreamConfigs {
  let inForce: InForce
  let served: ServedConfig
  let seen = stamp()
  let complaint: string | undefined
  const listeners: ((served: ServedConfig) => void)[] = []
  take(readConfigFile(path))

  // Not by fs.watch: it misses changes on network and container mounts, and a rename takes the watched file away.
  const timer = setInterval(look, LOOK_EVERY)
  timer.unref()

  return {
    served: () => {
      look()
      return served
    },
    content: () => {
      look()
      return inForce.content
    },
    lookUp() {
      look()
      const newest = inForce
      return (stream) => settingsIn(newest, stream)
    },
    titles: () =>
      new Map(
        Object.keys(inForce.content.streams).flatMap((stream) => {
          const settings = settingsIn(inForce, stream)
          return 'schemaTitle' in settings ? [[stream, settings.schemaTitle] as const] : []
        }),
      ),
    path,
    whyReadOnly: () => complaint ?? whyReadOnly(path),
    write,
    onChange: (listener) => void listeners.push(listener),
    close: () => clearInterval(timer),
  }

  function write(next: ConfigContent, by: { author: string; reason: string }): boolean {
    const file = readConfigFile(path)
    const last = history.last()
    if (digestOfContent(file.content) !== last?.digest) return false
    if (digestOfContent(next) === last.digest) return true
    const keyOf = keyIn(next)
    const at = now()
    const revision = nextRevision(last.revision, dayOf(at))
    const text = rewritten(path, file, { content: next, revision })
    let isNoted = false
    try {
      const isWritten = replaceFile(path, text, () => {
        if (readFileSync(path, 'utf8') !== file.text) return false
        // First, since a change that nobody is named for is worse than a name for one that a crash prevented.
        history.add({ revision, at: at.toISOString(), ...by }, next)
        isNoted = true
        return true
      })
      if (!isWritten) return false
    } catch (error) {
      if (isNoted) history.takeBack()
      throw error
    }
    seen = '' // looked at anew: others may have been here since
    serve({ content: next, keyOf, revision })
    return true
  }

  function look(): void {
    try {
      const found = stamp()
      // While something is wrong it is tried anew at each look: a full disk, too, shows only in trying.
      if (found === seen && complaint === undefined) return
      take(readConfigFile(path))
      seen = found
      if (complaint !== undefined) tell('info', `${path}: is good again, revision ${served.revision}`)
      complaint = undefined
    } catch (error) {
      const { message } = error as Error
      if (message !== complaint) tell('error', `${message}; until then revision ${served.revision} stays`)
      complaint = message
    }
  }

  function tell(level: 'info' | 'error', message: string): void {
    log({ level, message, fields: { path, revision: served.revision } })
  }

  /** Differs where the file does. */
  function stamp(): string {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (!stat?.isFile()) return 'missing'
    const isFresh = now().getTime() - stat.mtimeMs < COARSE_CLOCK
    const bytes = isFresh ? digestOf(readFileSync(path)) : ''
    return [stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs, bytes].join(' ')
  }

  function take(file: ConfigFile): void {
    const { content } = file
    const keyOf = keyIn(content)
    const last = history.last()
    const digest = digestOfContent(content)
    const revision = revisionOf(digest, file.revision, last)
    if (revision !== last?.revision || digest !== last.digest || history.revisions().length === 0)
      history.add({ revision, at: now().toISOString(), author: null, reason: null }, content)
    serve({ content, keyOf, revision })
  }

  function serve(next: InForce & { readonly revision: string }): void {
    inForce = next
    const { content, revision } = next
    const body = JSON.stringify({ ...content, revision })
    if (body === served?.body) return
    served = { body, etag: `"${digestOf(body).slice(0, 20)}"`, revision }
    for (const listener of listeners) listener(served)
  }

  /** New and higher with every change of content; one that is written in the file wins where it is higher than the last. */
  function revisionOf(
    digest: string,
    written: string | undefined,
    last: { digest: string; revision: string } | undefined,
  ): string {
    const own = written ?? ''
    const ownIsHigher = /\d/.test(own) && (!last || compareRevisions(own, last.revision) > 0)
    if (ownIsHigher) return own
    return last?.digest === digest ? last.revision : nextRevision(last?.revision, dayOf(now()))
  }
}

function keyIn(content: ConfigContent): InForce['keyOf'] {
  if (Object.keys(content.streams).length === 0) return () => undefined
  const { entryOf } = readStreamsConfig(content)
  return (stream) => entryOf(stream)?.name
}

function settingsIn({ content, keyOf }: InForce, stream: string): StreamSettings {
  const key = keyOf(stream)
  if (key === undefined) return { problem: `Stream "${stream}" is not configured here` }
  const settings = ownValue(content.streams, key)
  if (!isObject(settings))
    return { problem: `Stream "${stream}" is not configured here: its settings are no object` }
  if (typeof settings.schema_title === 'string') return { schemaTitle: settings.schema_title, settings }
  return {
    problem: `Stream "${stream}" has no schema_title in the stream config, so no schema is allowed in it`,
  }
}

const digestOf = (content: string | Buffer) => createHash('sha256').update(content).digest('hex')
