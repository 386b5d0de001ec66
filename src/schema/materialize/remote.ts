import { shown, SchemaError } from '../schema-error.ts'
import { LARGEST_SCHEMA } from '../schema-file.ts'
import { parseSchemaUri } from '../schema-uri.ts'
import { type Source, sourceOf } from '../source.ts'

/** In ms, for each answer. */
const TIMEOUT = 10_000

/** As repositories serve them; without an ending is a link to one of both. */
const ENDINGS = ['.json', '.yaml', '']

/**
 * A schema of an http repository: what the base URL with the URI and an ending answers first. Undefined where the
 * server has none; a SchemaError where it does not answer, or with what is no schema of that URI.
 */
export async function fetchSchema(
  base: string,
  uri: string,
  { timeout = TIMEOUT } = {},
): Promise<Source | undefined> {
  for (const ending of ENDINGS) {
    const url = `${base.replace(/\/$/, '')}${uri}${ending}`
    const text = await textAt(url, timeout)
    if (text !== undefined) return checked(sourceOf(url, text), uri)
  }
  return undefined
}

async function textAt(url: string, timeout: number): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeout) })
    if (response.ok) return await textOf(response)
    await response.body?.cancel()
    // Stores that do not list their files forbid what they do not have.
    if (response.status < 500 && response.status !== 429) return undefined
    throw new Error(`it answered ${response.status}`)
  } catch (error) {
    const { message, cause } = error as Error & { cause?: unknown }
    const why = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : message
    throw new SchemaError(
      `cannot be had (${why}); try again, or correct "repositories" in rivulet-schemas.yaml`,
      {
        place: { file: url },
        cause: error,
      },
    )
  }
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder()
  const reader = body?.getReader()
  let text = ''
  let size = 0
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done) return text + decoder.decode()
    size += value.byteLength
    if (size > LARGEST_SCHEMA) {
      await reader?.cancel()
      throw new Error(
        `it answers with more than the ${LARGEST_SCHEMA.toLocaleString('en')} bytes of a schema`,
      )
    }
    text += decoder.decode(value, { stream: true })
  }
}

/** A server may answer everything with one page. */
function checked(source: Source, uri: string): Source {
  const [asked, answered] = [uri, String(source.content.$id)].map((each) => parseSchemaUri(each))
  if (answered && answered.title === asked?.title && answered.version === asked.version) return source
  throw new SchemaError(
    `answers with what is not the schema ${uri}: its "$id" is ${shown(source.content.$id)}; correct "repositories" in rivulet-schemas.yaml`,
    { place: { file: source.path } },
  )
}
