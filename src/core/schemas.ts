import type { Environment } from './environment.ts'
import type { LoadSchemas, StreamSchema, StreamSchemas } from './options.ts'

/** In ms: when what could not be loaded is asked for again. */
const RETRY = 30_000

export interface SchemasOptions {
  /** The client's option. */
  readonly given: StreamSchemas | LoadSchemas<StreamSchemas> | undefined
  readonly environment: Environment
  /** The schema of a stream is there. */
  readonly onLoad: () => void
}

/** What is known of the schemas of streams. */
export interface Schemas {
  /**
   * A stream's schema: nothing of it is known where there is none. Undefined while it is being loaded; what cannot be
   * loaded is told of once, and asked for again every 30 s.
   */
  of(stream: string): StreamSchema | undefined
  /** Whether there is one, or may be once it is loaded. */
  has(stream: string): boolean
  close(): void
}

export function createSchemas({ given = {}, environment, onLoad }: SchemasOptions): Schemas {
  const { warn, after } = environment
  const loaded = new Map<string, StreamSchema | undefined>()
  const failed = new Set<string>()
  let closed = false

  function givenFor(stream: string): StreamSchema | undefined {
    try {
      return (given as StreamSchemas)[stream]
    } catch {
      return undefined // data that throws when it is read says nothing
    }
  }

  async function load(stream: string, loadSchemas: LoadSchemas<StreamSchemas>): Promise<void> {
    loaded.set(stream, undefined)
    try {
      const { schemas } = await loadSchemas(stream)
      loaded.set(stream, schemas[stream] ?? {})
      onLoad()
    } catch (cause) {
      if (!failed.has(stream)) warn(`schema of ${stream} not loaded`, cause)
      failed.add(stream)
      after(RETRY, () => {
        if (!closed) void load(stream, loadSchemas)
      })
    }
  }

  return {
    of: (stream) => {
      if (typeof given !== 'function') return givenFor(stream) ?? {}
      if (!loaded.has(stream)) void load(stream, given)
      return loaded.get(stream)
    },
    has: (stream) => typeof given === 'function' || Boolean(givenFor(stream)?.$schema),
    close: () => {
      closed = true
    },
  }
}
