import type { IncomingHttpHeaders } from 'node:http'
import { type Answer, problem } from '../answer.ts'
import { isObject } from '../ingest.ts'
import type { EventSource, From, Position } from './event-source.ts'

/** What a reader asks for. */
export interface StreamRequest extends From {
  readonly topics: readonly string[]
  /** The media type: server-sent events, or one of JSON lines. */
  readonly type: typeof EVENTS | (typeof JSON_LINES)[number]
}

export const EVENTS = 'text/event-stream'
const JSON_LINES = ['application/json', 'application/x-ndjson'] as const

/** Reads `GET /v2/stream/a,b?since=…` as EventStreams does; an answer where it cannot be met. */
export function readStreamRequest(
  { pathname, searchParams }: URL,
  headers: IncomingHttpHeaders,
  topicsOf: EventSource['topicsOf'],
): StreamRequest | { readonly refused: Answer } {
  const names = pathname.slice('/v2/stream/'.length).split(',').map(decoded)
  const unknown = names.filter((name) => topicsOf(name).length === 0)
  if (unknown.length > 0)
    return refused(
      'UnknownStreamError',
      `no such stream: ${unknown.join(', ')}; there are those of the stream config, by their names, with commas between`,
    )
  const topics = [...new Set(names.flatMap(topicsOf))]

  const time = searchParams.get('since')
  const since = time === null ? undefined : timeIn(time)
  if (Number.isNaN(since))
    return refused(
      'InvalidTimestampError',
      `since=${time} is no time; give ms since 1970, or such as 2026-11-22T10:00:00Z`,
    )

  const last = headers['last-event-id']
  const positions = last === undefined ? undefined : positionsIn(String(last))
  if (last !== undefined && !positions)
    return refused(
      'InvalidLastEventIdError',
      'Last-Event-ID is no array of objects with topic, partition, and offset or timestamp; send back an id as it came',
    )
  const foreign = positions?.find(({ topic }) => !topics.includes(topic))
  if (foreign)
    return refused(
      'InvalidLastEventIdError',
      `Last-Event-ID names the topic ${foreign.topic}, which is not of these streams; here it is ${topics.join(', ')}`,
    )
  return { topics, positions, since: positions ? undefined : since, type: typeIn(headers.accept) }
}

function refused(title: string, detail: string): { readonly refused: Answer } {
  return { refused: problem(400, title, detail) }
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name // which is no stream
  }
}

/** NaN where it is no time. */
function timeIn(text: string): number {
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  return new Date(time).getTime()
}

function positionsIn(text: string): readonly Position[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined // answered with 400
  }
  return Array.isArray(value) && value.length > 0 && value.every(isPosition) ? value : undefined
}

function isPosition(value: unknown): value is Position {
  if (!isObject(value)) return false
  const { topic, partition, offset, timestamp } = value
  if (typeof topic !== 'string' || !isWhole(partition) || partition < 0) return false
  return offset === undefined ? isWhole(timestamp) : isWhole(offset) && offset >= -1
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value)

/** JSON lines are asked for by name. */
function typeIn(accept = ''): StreamRequest['type'] {
  const types = accept.split(',').map((type) => type.split(';')[0]!.trim().toLowerCase())
  return types.includes(EVENTS) ? EVENTS : (JSON_LINES.find((type) => types.includes(type)) ?? EVENTS)
}
