import type { Ajv, Format } from 'ajv'
import { fastFormats } from 'ajv-formats/dist/formats.js'

/** Formats as EventGate checks them, by Ajv 6 in its fast mode. */
export const FORMATS: { readonly [name: string]: Format } = {
  ...fastFormats,
  // A blank for the T, which Ajv 8 no longer takes, is in events that EventGate takes.
  'date-time':
    /^\d{4}-[01]\d-[0-3]\d[t\s](?:[0-2]\d:[0-5]\d:[0-5]\d|23:59:60)(?:\.\d+)?(?:z|[+-]\d\d(?::?\d\d)?)$/i,
}

export function addFormats(ajv: Ajv): void {
  for (const [name, format] of Object.entries(FORMATS)) ajv.addFormat(name, format)
}
