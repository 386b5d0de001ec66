import { LOWEST_RATE } from '../streams/sampling.ts'
import { isObject } from './ingest.ts'

/** What an event's `meta.producer` tells, as far as it can be used. */
export interface Producer {
  /** Name and version of the SDK. */
  readonly sdk: string | undefined
  /** The client instance. */
  readonly instance: string | undefined
  /** The event's number, from 1 per instance and stream. */
  readonly seq: number | undefined
  /** How many events it stands for: 1 / rate, and 1 where it says no rate that can be. */
  readonly weight: number
  /** Forced into the sample by the debug switch: it counts nowhere. */
  readonly isDebug: boolean
  /** What sent it, by the intake's reading of its User-Agent. */
  readonly browser: string | undefined
  /** How much the intake's clock was ahead of the sender's, in ms. */
  readonly skew: number | undefined
}

/** Of any event, whoever sent it. */
export function producerOf({ meta }: { readonly [field: string]: unknown }): Producer {
  const { sdk, id, seq, rate, debug, browser, skew_ms } =
    isObject(meta) && isObject(meta.producer) ? meta.producer : {}
  return {
    sdk: asName(sdk),
    instance: asName(id),
    seq: Number.isSafeInteger(seq) && Number(seq) > 0 ? Number(seq) : undefined,
    weight: typeof rate === 'number' && rate >= LOWEST_RATE && rate <= 1 ? 1 / rate : 1,
    isDebug: debug === true,
    browser: asName(browser),
    skew: Number.isSafeInteger(skew_ms) ? Number(skew_ms) : undefined,
  }
}

/** Whether an event was forced into the sample by the debug switch; whatever it is, it may have been rejected. */
export function isDebugEvent(event: unknown): boolean {
  const meta = isObject(event) ? event.meta : undefined
  return isObject(meta) && isObject(meta.producer) && meta.producer.debug === true
}

const asName = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined
