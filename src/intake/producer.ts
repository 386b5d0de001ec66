import { isObject } from './ingest.ts'

/** What an event's `meta.producer` tells, as far as it can be used. */
export interface Producer {
  /** Name and version of the SDK. */
  readonly sdk: string | undefined
  /** The client instance. */
  readonly instance: string | undefined
  /** The event's number, from 1 per instance and stream. */
  readonly seq: number | undefined
}

/** Of any event, whoever sent it. */
export function producerOf({ meta }: { readonly [field: string]: unknown }): Producer {
  const { sdk, id, seq } = isObject(meta) && isObject(meta.producer) ? meta.producer : {}
  return {
    sdk: asName(sdk),
    instance: asName(id),
    seq: Number.isSafeInteger(seq) && Number(seq) > 0 ? Number(seq) : undefined,
  }
}

const asName = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined
