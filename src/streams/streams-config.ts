import { type Fields, fieldsOf } from '../core/fields.ts'
import { type Config, readConfig } from '../core/settings.ts'
import { guardedPattern } from './guarded-pattern.ts'

/** A stream config as clients read it, and the entries that it is made of. */
export interface StreamsConfig extends Config {
  /** The names of all entries, patterns included. */
  readonly names: readonly string[]
  /** What decides on a stream: its own entry, else the first pattern that it matches. */
  entryOf(stream: string): Entry | undefined
}

export interface Entry {
  readonly name: string
  readonly settings: Fields
}

/** Reads a config as EventStreamConfig's API serves it, or the bare map of streams. Throws where there is none in it. */
export function readStreamsConfig(content: unknown): StreamsConfig {
  const config = readConfig(content, BASE)
  const entries = new Map(Object.entries(fieldsOf(fieldsOf(content).streams ?? content)))
  const patterns = [...entries.keys()].flatMap((name) => {
    const matches = guardedPattern(name)
    return matches ? [{ name, matches }] : []
  })
  const unknown = readConfig({ streams: { one: {} } }, BASE).of('another')
  return {
    ...config,
    // By the entry's name, so that the config's own patterns, which nothing stops, are not asked.
    of(stream) {
      const name = nameFor(stream)
      return name === undefined ? { ...unknown, revision: config.revision } : config.of(name)
    },
    names: [...entries.keys()],
    entryOf(stream) {
      const name = nameFor(stream)
      return name === undefined ? undefined : { name, settings: fieldsOf(entries.get(name)) }
    },
  }

  function nameFor(stream: string): string | undefined {
    return entries.has(stream) ? stream : patterns.find(({ matches }) => matches(stream))?.name
  }
}

/** Stands for the page whose client reads the config, and its `intakeUrl`. */
const PAGE = 'https://page.invalid/'
const BASE = { intakeUrl: PAGE, resolve: resolved }

/** The URL in full; undefined where it is none, or not http. */
function resolved(url: string): string | undefined {
  try {
    const { protocol, href } = new URL(url, PAGE)
    return /^https?:$/.test(protocol) ? href : undefined
  } catch {
    return undefined
  }
}

/** Whether a destination is one that the config names, or whatever the client's `intakeUrl` is. */
export function isNamed(url: string): boolean {
  return url !== PAGE
}
