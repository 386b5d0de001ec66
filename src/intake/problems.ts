import type { ErrorObject } from 'ajv'
import { ruleInWords, shown } from '../validator/words.ts'

/**
 * What is wrong with an event in words a person understands, such as `/action must be one of buy, remove (was
 * "steal")`. The errors must come from an Ajv with `verbose`, which adds the value and what is wanted.
 */
export function problemsInWords(errors: readonly ErrorObject[]): string[] {
  return errors.map((error) => {
    const { keyword, schema, data, params, instancePath } = error
    const field = keyword === 'required' ? params.missingProperty : params.additionalProperty
    const where = field === undefined ? instancePath : `${instancePath}/${field}`
    return `${where || 'the event'} ${ruleInWords(keyword, schema, data, String(field)) ?? inAjvsWords(error)}`
  })
}

function inAjvsWords({ message, data }: ErrorObject): string {
  return `${message}${typeof data === 'object' ? '' : ` (was ${shown(data)})`}`
}
