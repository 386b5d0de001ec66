import type { Environment } from './environment.ts'
import type { ClientOptions, StreamSchema } from './options.ts'

/** In ms: when what could not be loaded is asked for again. */
const RETRY = 30_000

/** What the schemas of streams are had from. */
export interface SchemasOptions {
  readonly given: ClientOptions['schemas']
  readonly environment: Environment
  /** The schema of a stream is there. */
  readonly onLoad: () => void
}

/**
 * What is known of a stream's schema: nothing where there is none. Undefined while it is being loaded; one that
 * cannot be loaded is asked for again every 30 s.
 */
export function createSchemas({ given = {}, environment, onLoad }: SchemasOptions) {
  const loaded = new Map<string, StreamSchema | undefined>()

  return (stream: string): StreamSchema | undefined => {
    if (typeof given !== 'function') return given[stream] ?? {}
    if (!loaded.has(stream)) void load(stream, given)
    return loaded.get(stream)
  }

  async function load(stream: string, loadSchemas: (stream: string) => unknown): Promise<void> {
    loaded.set(stream, undefined)
    try {
      const { schemas } = (await loadSchemas(stream)) as { schemas: Readonly<Record<string, StreamSchema>> }
      loaded.set(stream, schemas[stream] ?? {})
      onLoad()
    } catch (cause) {
      environment.warn(`schema of ${stream} not loaded`, cause)
      environment.after(RETRY, () => void load(stream, loadSchemas))
    }
  }
}
