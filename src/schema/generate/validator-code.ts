import { bracketed, camelCase, fieldName, literal, quoted } from './code.ts'
import { patternOfFormat, type RulesText } from './validator-rules.ts'

/** What a module with the validator of one schema holds. */
export interface ValidatorModule {
  readonly $schema: string
  readonly rules: RulesText
  /** Which of the fields that the client can fill the schema has. */
  readonly has: { readonly dt: boolean; readonly client_dt: boolean; readonly sample: boolean }
  /** Where `createValidator` is imported from, and where the formats. */
  readonly validator: string
  readonly formats: string
}

/** The code of a module whose export `schema` is what the client knows of one schema. */
export function validatorModule({ $schema, rules, has, validator, formats }: ValidatorModule): string {
  const used = formatsIn(rules).map(camelCase)
  const imports = [
    `import { createValidator } from ${quoted(validator)}`,
    ...(used.length ? [`import { ${used.join(', ')} } from ${quoted(formats)}`] : []),
  ]
  return `${imports.join('\n')}

const rules = ${rulesLiteral(rules)}

export const schema = {
  $schema: ${quoted($schema)},
  dt: ${has.dt},
  client_dt: ${has.client_dt},
  sample: ${has.sample},
  validate: /* @__PURE__ */ createValidator(rules, ${quoted($schema)}),
}
`
}

/** The code of a module that exports the patterns of formats. */
export function formatsModule(names: readonly string[]): string {
  return names
    .map(
      (name) =>
        `export const ${camelCase(name)} = /* @__PURE__ */ Object.assign(${patternOfFormat(name)}, { title: ${quoted(name)} })\n`,
    )
    .join('')
}

/** The formats that rules name, sorted. */
export function formatsIn(rules: RulesText | false): string[] {
  if (typeof rules !== 'object') return []
  const { format, properties = {}, additionalProperties = true, items = true, propertyNames = true } = rules
  const below = [...Object.values(properties as object), additionalProperties, items, propertyNames]
  const names = [...(format ? [String(format)] : []), ...below.flatMap(formatsIn)]
  return [...new Set(names)].sort()
}

function rulesLiteral(rules: RulesText | false, indent = ''): string {
  if (typeof rules !== 'object') return String(rules)
  const deeper = `${indent}  `
  const parts = Object.entries(rules).map(
    ([keyword, value]) => `${keyword}: ${ruleLiteral(keyword, value, deeper)}`,
  )
  return bracketed(['{', '}'], parts, indent)
}

function ruleLiteral(keyword: string, value: unknown, indent: string): string {
  switch (keyword) {
    case 'format':
      return camelCase(String(value))
    case 'pattern':
      return String(new RegExp(String(value)))
    case 'items':
    case 'propertyNames':
    case 'additionalProperties':
      return rulesLiteral(value as RulesText, indent)
    case 'properties': {
      const fields = Object.entries(value as { [name: string]: RulesText })
      const parts = fields.map(([name, rules]) => `${fieldName(name)}: ${rulesLiteral(rules, `${indent}  `)}`)
      return bracketed(['{', '}'], parts, indent)
    }
    default:
      return literal(value, indent)
  }
}
