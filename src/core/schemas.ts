import type { Environment } from './environment.ts'
import { attempt } from './fields.ts'
import type { LoadSchemas, StreamSchema, StreamSchemas } from './options.ts'

/** In ms: when what could not be loaded is asked for again; each time after twice as long, 32 minutes at most. */
const RETRY = 30_000
const MOST_DOUBLINGS = 6

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
   * loaded is told of once, and asked for again after 30 s, then less and less often.
   */
  of(stream: string): StreamSchema | undefined
  /** Whether it has one, or may have once it is loaded; loads none. */
  has(stream: string): boolean
}

export function createSchemas({ given = {}, environment, onLoad }: SchemasOptions): Schemas {
  const { warn, after } = environment
  const loaded = new Map<string, StreamSchema | undefined>()
  const failures = new Map<string, number>()

  async function load(stream: string, loadSchemas: LoadSchemas<StreamSchemas>): Promise<void> {
    loaded.set(stream, undefined)
    try {
      const { schemas } = await loadSchemas(stream)
      loaded.set(stream, schemas[stream] ?? {})
      onLoad()
    } catch (cause) {
      const before = failures.get(stream) ?? 0
      if (!before) warn(`schema of ${stream} not loaded`, cause)
      failures.set(stream, before + 1)
      after(RETRY * 2 ** Math.min(before, MOST_DOUBLINGS), () => {
        loaded.delete(stream)
        onLoad()
      })
    }
  }

  function known(stream: string): StreamSchema | undefined {
    if (typeof given === 'function') return loaded.get(stream)
    // Data that throws when it is read says nothing.
    return attempt(() => given[stream]) ?? {}
  }

  return {
    of: (stream) => {
      if (typeof given === 'function' && !loaded.has(stream)) void load(stream, given)
      return known(stream)
    },
    has: (stream) => {
      const schema = known(stream)
      return !schema || Boolean(schema.$schema)
    },
  }
}
