import { Ajv, type AnySchemaObject, type ErrorObject } from 'ajv'
import { addFormats } from '../schema/formats.ts'
import { referencedSchemas, referencesIn } from '../schema/refs.ts'
import { isDraft, type Schema, type SchemaRepository } from '../schema/repository.ts'
import { SchemaError } from '../schema/schema-error.ts'
import type { SchemaObject } from '../schema/schema-file.ts'

/** A schema, ready to judge events. */
export interface CompiledSchema {
  readonly title: unknown
  readonly content: SchemaObject
  /** What is wrong with an event; empty where it is valid. Defaults of the schema are written into the event. */
  errorsOf(event: unknown): readonly ErrorObject[]
}

/** The validators of a schema repository, each compiled once. */
export interface SchemaRegistry {
  /** The schema that an event's `$schema` names. Throws a SchemaError where there is none, or none that can be used. */
  get(uri: string): CompiledSchema
}

/** What was looked for in vain, of late. */
interface Failures {
  readonly since: number
  readonly byUri: Map<string, SchemaError>
  count: number
}

const SECOND = 1_000

/** The schemas are asked for faster than they can be looked for. The events may come again. */
export class TooManySchemasError extends Error {
  override readonly name = 'TooManySchemasError'
}

/**
 * Validators that judge as EventGate's do: formats in Ajv's fast mode, patterns without the `u` flag, lengths in code
 * points, and the schema's defaults filled in, since those who read the stored events rely on them.
 *
 * Looks for what is not there as often as it is asked, since it may have been added, but not more than `mostFailures`
 * times a second: then it says the same again, or throws a TooManySchemasError.
 */
export function createSchemaRegistry(
  repository: SchemaRepository,
  { mostFailures = Number.POSITIVE_INFINITY, now = () => performance.now() } = {},
): SchemaRegistry {
  const ajv = new Ajv({
    allErrors: true,
    strict: false,
    useDefaults: true,
    unicodeRegExp: false,
    verbose: true, // the errors carry the value, which the words for people show
    logger: false, // an unknown format is ignored, as JSON Schema says
  })
  addFormats(ajv)
  const compiled = new Map<string, CompiledSchema>()

  let failures: Failures = { since: now(), byUri: new Map(), count: 0 }

  return {
    get(uri) {
      const known = compiled.get(uri)
      if (known) return known
      if (now() - failures.since >= SECOND) failures = { since: now(), byUri: new Map(), count: 0 }
      if (failures.count >= mostFailures) throw failures.byUri.get(uri) ?? tooMany()
      try {
        const made = find(uri)
        compiled.set(uri, made)
        return made
      } catch (error) {
        failures.count += 1
        if (error instanceof SchemaError) failures.byUri.set(uri, error)
        throw error
      }
    },
  }

  function find(uri: string): CompiledSchema {
    const schema = repository.find(uri)
    if (!schema) throw new SchemaError(`Failed loading schema at ${uri}`)
    return compile(uri, schema)
  }

  function compile(uri: string, schema: Schema): CompiledSchema {
    const added: string[] = []
    if (isUnfinished(schema))
      throw new SchemaError(
        'is edited, and not yet a version; run rivulet schemas materialize on its folder',
        {
          place: { file: schema.path },
        },
      )
    try {
      for (const [ref, target] of referencedSchemas(schema, repository)) add(ref, target)
      add(uri, schema)
      const validate = ajv.getSchema(uri)!
      const errorsOf = (event: unknown) => (validate(event) === true ? [] : (validate.errors ?? []))
      return { title: schema.content.title, content: schema.content, errorsOf }
    } catch (cause) {
      // A corrected file is read anew.
      for (const key of added) ajv.removeSchema(key)
      if (cause instanceof SchemaError) throw cause
      throw new SchemaError(`${(cause as Error).message}; correct the schema`, {
        place: { file: schema.path },
        cause,
      })
    }

    function add(key: string, target: Schema): void {
      if (ajv.schemas[key]) return
      ajv.addSchema(asDraft7(key, target), key)
      added.push(key)
    }
  }
}

function tooMany(): Error {
  return new TooManySchemasError('too many schemas are asked for that are not there; send the events again')
}

/** What people edit takes its fields from others, and only what is made of it says what an event may have. */
function isUnfinished(schema: Schema): boolean {
  return isDraft(schema) && ('allOf' in schema.content || referencesIn(schema.content).length > 0)
}

/**
 * The schema under the URI by which it was asked for: `/title/latest` and the version it stands for have one `$id`.
 * `$schema` is left out: the family writes draft-07's with `https:`, by which Ajv does not know it.
 */
function asDraft7(uri: string, { path, content }: Schema): AnySchemaObject {
  const { $schema, ...rest } = content
  if ($schema !== undefined && !/^https?:\/\/json-schema\.org\/draft-0[67]\/schema#?$/.test(String($schema)))
    throw new SchemaError(
      `"$schema" is ${$schema}; write it in draft-07, https://json-schema.org/draft-07/schema#`,
      { place: { file: path } },
    )
  return { ...rest, $id: uri }
}
