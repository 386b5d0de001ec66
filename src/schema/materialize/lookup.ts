import { fetchSchema } from './remote.ts'
import { openSchemaRepository } from '../repository.ts'
import type { Source } from '../source.ts'

/** Where a `$ref` is looked up. */
export interface SchemaLookup {
  /** Folders and URLs, in their order. */
  readonly places: readonly string[]
  /**
   * The schema of a URI `/title/X.Y.Z`, from the first place that has it. Throws a SchemaError where it cannot be
   * read, or a server does not answer.
   */
  find(uri: string): Promise<Source | undefined>
}

/**
 * Looks schemas up in folders and http repositories, each URI once. `ahead` is asked first: what it knows better than
 * the files that lie there. Throws a SchemaError where a folder is missing.
 */
export function openLookup(
  places: readonly string[],
  ahead: (uri: string) => Source | undefined = () => undefined,
): SchemaLookup {
  const finders = places.map((place) => (/^https?:/.test(place) ? inServer(place) : inFolder(place)))
  const found = new Map<string, Source | undefined>()

  return {
    places,
    async find(uri) {
      if (!found.has(uri)) found.set(uri, ahead(uri) ?? (await findIn(uri)))
      return found.get(uri)
    },
  }

  async function findIn(uri: string): Promise<Source | undefined> {
    for (const find of finders) {
      const source = await find(uri)
      if (source) return source
    }
    return undefined
  }
}

type Find = (uri: string) => Promise<Source | undefined>

function inServer(base: string): Find {
  return (uri) => fetchSchema(base, uri)
}

function inFolder(folder: string): Find {
  const repository = openSchemaRepository([folder])
  return async (uri) => repository.find(uri)
}
