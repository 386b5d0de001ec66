import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { SchemaObject } from '../schema-file.ts'
import { addFormats } from '../formats.ts'
import { valueAt } from '../json-pointer.ts'
import { isObject } from '../subschemas.ts'
import { isFragment } from '../schema-uri.ts'
import type { LintedSchema, SchemaRule } from './rule.ts'
import { shown } from '../schema-error.ts'
import { hasSafePatterns } from './security.ts'

export const hasExamples: SchemaRule = {
  name: 'has-examples',
  reason: 'An example shows people what an event looks like, and tools send it to test a stream.',
  of: 'versions',
  problemsIn(schema) {
    if (isFragment(schema.home.title) || examplesOf(schema).length > 0) return []
    return [{ pointer: '', message: 'has no examples; add "examples" with one event to current.yaml' }]
  },
}

export const examplesNameSchema: SchemaRule = {
  name: 'examples-name-schema',
  reason: 'An example that names another schema would be judged by that one.',
  of: 'versions',
  problemsIn(schema) {
    const { $id, properties } = schema.content
    if (valueAt(properties, '/$schema') === undefined) return []
    return examplesOf(schema).flatMap((example, index) => {
      const named = valueAt(example, '/$schema')
      const message = `"$schema" of the example is ${shown(named)}; write ${shown($id)}, the "$id" of its schema`
      return named === $id ? [] : [{ pointer: `/examples/${index}/$schema`, message }]
    })
  },
}

export const examplesValid: SchemaRule = {
  name: 'examples-valid',
  reason: 'An example that is refused leads everyone who copies it astray.',
  of: 'versions',
  problemsIn(schema) {
    const examples = examplesOf(schema)
    const validate = examples.length > 0 ? validatorOf(schema.content) : undefined
    if (!validate) return []
    return examples.flatMap((example, index) => {
      if (validate(example)) return []
      const [error] = validate.errors ?? []
      const pointer = `/examples/${index}${error?.instancePath}`
      return [{ pointer, message: `the example is not valid: ${inWords(error!)}; correct it` }]
    })
  },
}

function examplesOf({ content: { examples } }: LintedSchema): readonly unknown[] {
  return Array.isArray(examples) ? examples : []
}

/** As the intake judges, and made for one use: what is compiled is run a few times only. */
const ajv = new Ajv({
  strict: false,
  unicodeRegExp: false,
  logger: false,
  meta: false,
  validateSchema: false,
  code: { optimize: false },
})
addFormats(ajv)

/** Undefined where the schema cannot judge, which is a finding of another rule. */
function validatorOf({ $id, $schema, ...content }: SchemaObject): ValidateFunction | undefined {
  if (!hasSafePatterns(content)) return undefined
  try {
    return ajv.compile(content)
  } catch {
    return undefined // not valid as a schema, or with a $ref that is not filled in
  } finally {
    ajv.removeSchema(content)
  }
}

function inWords({ instancePath, message = '', params }: ErrorObject): string {
  const name = instancePath.split('/').pop() || 'it'
  const unknown = isObject(params) && params.additionalProperty
  return unknown ? `${name} has ${shown(unknown)}, which is no property` : `${name} ${message}`
}
