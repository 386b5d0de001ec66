import type { StoredEvent } from '../day-files.ts'
import { idOf } from '../event-log.ts'
import { isObject } from '../ingest.ts'
import { producerOf } from '../producer.ts'
import { REJECTED_STREAM, rejectedEvent } from '../rejection.ts'

/** An event, and what it says of where it comes from. */
export interface Links {
  readonly id: string
  readonly stream: string | undefined
  /** In ms since 1970, by the sender's clock, put right by the intake's where it is far off. */
  readonly at: number | undefined
  /** The ids of the events that it follows from. */
  readonly causes: readonly string[]
  /** The request in which it came about. */
  readonly request: string | undefined
  /** The `root_event` that set all off, `signature` and `dt` in one. */
  readonly root: string | undefined
  /** Refused by the intake, which has kept it all the same. */
  readonly isRejected: boolean
}

/** Undefined where the event has no id. */
export function linksOf(event: StoredEvent): Links | undefined {
  const { stream } = metaOf(event)
  return stream === REJECTED_STREAM ? linksIn(rejectedEvent(event), true) : linksIn(event, false)
}

function linksIn(event: StoredEvent, isRejected: boolean): Links | undefined {
  const id = idOf(event)
  if (id === undefined) return undefined
  const { stream, cause, request_id } = metaOf(event)
  return {
    id,
    stream: asId(stream),
    at: timeOf(event),
    causes: [...new Set([cause].flat().flatMap((one) => asId(one) ?? []))],
    request: asId(request_id),
    root: rootIn(event),
    isRejected,
  }
}

function rootIn({ root_event }: StoredEvent): string | undefined {
  const { signature, dt } = isObject(root_event) ? root_event : {}
  return asId(signature) && asId(dt) && `${signature} ${dt}`
}

/** In ms: how far the intake notes that a clock is off has in it how long the request took, which may be as long. */
const OFF_BEYOND = 10_000

function timeOf(event: StoredEvent): number | undefined {
  const { client_dt, dt = client_dt } = event
  const { skew = 0 } = producerOf(event)
  const byClient = Date.parse(String(client_dt ?? dt)) + (Math.abs(skew) > OFF_BEYOND ? skew : 0)
  const at = Number.isNaN(byClient) ? Date.parse(String(metaOf(event).dt)) : byClient
  return Math.abs(at) < LAST_TIME ? at : undefined
}

/** In ms since 1970, what a Date can say. */
const LAST_TIME = 8.64e15

const metaOf = ({ meta }: StoredEvent) => (isObject(meta) ? meta : {})

/** The family's intake writes `unknown` where there is no request id. */
const asId = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value !== 'unknown' ? value : undefined
