import { readStreamsConfig, type StreamsConfig } from '../streams/streams-config.ts'
import { type SimulateOptions, type Simulation, simulate } from '../streams/simulate.ts'
import { stepsOf } from '../schema/json-pointer.ts'
import { SchemaError } from '../schema/schema-error.ts'
import type { ConfigContent } from './config-content.ts'
import { changesBetween } from './config-history.ts'
import { dayFilesIn, type StoredEvent } from './day-files.ts'
import type { Log } from './log.ts'
import type { CompiledSchema, SchemaRegistry } from './registry.ts'
import { storedEvents } from './stored-events.ts'

/** What another config would have made of the stored events: of the streams that it changes. Rejects when the signal says so. */
export type SimulateChange = (to: ConfigContent, options: { signal: AbortSignal }) => Promise<Simulation>

/** Simulates one after another, since each takes what a processor has. */
export function createSimulateChange({
  data,
  from,
  registry,
  log,
}: {
  data: string
  /** The config in force. */
  from: () => ConfigContent
  registry: SchemaRegistry
  log: Log
}): SimulateChange {
  let turn: Promise<unknown> = Promise.resolve()
  return (to, { signal }) => {
    const done = turn.then(() => {
      signal.throwIfAborted()
      return simulated(from(), to, signal)
    })
    turn = done.catch(() => undefined) // told to the one who asked
    return done
  }

  async function simulated(from: ConfigContent, to: ConfigContent, signal: AbortSignal): Promise<Simulation> {
    const isAffected = affectedBy(from, to)
    const events = stoppable(eventsToReplay(isAffected), signal)
    // A change of rates and states lets no event become invalid.
    const problemsOf = areSteered(from, to) ? undefined : problemsBy(registry)
    const { streams, ...replayed } = await simulate({ events, from, to, problemsOf })
    return { ...replayed, streams: streams.filter(({ stream }) => isAffected(stream)) }
  }

  /** Of other streams the first, so that it is known since when there are any. */
  async function* eventsToReplay(isAffected: (stream: string) => boolean): AsyncGenerator<StoredEvent, void> {
    const folders = new Set((await dayFilesIn(data)).map(({ folder }) => folder))
    for (const folder of folders)
      for await (const event of storedEvents(data, { folders: [folder], log })) {
        yield event
        if (!isAffected(streamOf(event))) break
      }
  }
}

async function* stoppable(events: SimulateOptions['events'], signal: AbortSignal): SimulateOptions['events'] {
  for await (const event of events) {
    signal.throwIfAborted()
    yield event
  }
}

const streamOf = ({ meta }: StoredEvent) => String((meta as { stream?: unknown } | undefined)?.stream)

/** Whether a stream's entry differs, or that of a stream whose events go to it. */
function affectedBy(from: ConfigContent, to: ConfigContent): (stream: string) => boolean {
  const paths = changesBetween(from, to).map(({ path }) => stepsOf(path))
  // Beside the streams stands what concerns them all, such as services.
  if (paths.some(([first]) => first !== 'streams')) return () => true
  const entries = new Set(paths.map(([, entry]) => entry))
  const configs = [from, to].flatMap((content) => readable(content) ?? [])
  const targets = new Set(
    configs.flatMap((config) =>
      config.names.flatMap((name) => (entries.has(name) ? config.of(name).target : [])),
    ),
  )
  return (stream) =>
    targets.has(stream) || configs.some((config) => entries.has(config.entryOf(stream)?.name))
}

function readable(content: ConfigContent): StreamsConfig | undefined {
  return Object.keys(content.streams).length > 0 ? readStreamsConfig(content) : undefined
}

function areSteered(from: ConfigContent, to: ConfigContent): boolean {
  return changesBetween(from, to).every(({ path }) => {
    const setting = stepsOf(path).slice(2).join('/')
    return /^sample(\/|$)|^producers\/rivulet\/state$/.test(setting)
  })
}

/** What is wrong with an event, by the schema that it names. */
export function problemsBy(registry: SchemaRegistry): SimulateOptions['problemsOf'] {
  const known = new Map<string, CompiledSchema | SchemaError>()
  return (event) => {
    const uri = String(event.$schema)
    const schema = known.get(uri) ?? found(uri)
    known.set(uri, schema)
    return schema instanceof SchemaError ? [schema] : schema.errorsOf(event)
  }

  function found(uri: string): CompiledSchema | SchemaError {
    try {
      return registry.get(uri)
    } catch (error) {
      if (error instanceof SchemaError) return error
      throw error
    }
  }
}
