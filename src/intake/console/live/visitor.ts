import type { LiveRecord } from './records.ts'

/** What an event says of who sent it; each absent where it says nothing. */
interface Ids {
  readonly session?: string | undefined
  readonly pageview?: string | undefined
  /** The client instance: of a page as a rule, but of a whole server in Node. */
  readonly client?: string | undefined
}

/** The ids by which an event can be found, the one that holds most together first. */
export function idsOf(event: unknown): readonly string[] {
  const { session, pageview, client } = idsIn(event)
  return [session, pageview, client].filter((id) => id !== undefined)
}

/**
 * The events of one visitor, in the order of their `dt`: those of a session, of its page views, and, where an event
 * names neither, of the client instance, so far as that has been of one session only. `id` is any of these three.
 */
export function visitOf(records: readonly LiveRecord[], id: string): readonly LiveRecord[] {
  const known = records.map((record) => ({ record, ids: idsIn(record.event) }))
  const sessionsOfPageview = groups(known.map(({ ids }) => [ids.pageview, ids.session]))
  const visitOfPageview = (pageview: string) => sole(sessionsOfPageview.get(pageview)) ?? pageview
  const visitsOfClient = groups(
    known.map(({ ids }) => [ids.client, ids.session ?? (ids.pageview && visitOfPageview(ids.pageview))]),
  )
  const visitOfClient = (client: string) => sole(visitsOfClient.get(client)) ?? client

  const visitFrom = ({ session, pageview, client }: Ids) =>
    session ?? (pageview === undefined ? client && visitOfClient(client) : visitOfPageview(pageview))
  const wanted = sessionsOfPageview.has(id)
    ? visitOfPageview(id)
    : visitsOfClient.has(id)
      ? visitOfClient(id)
      : id
  return known
    .filter(({ ids }) => visitFrom(ids) === wanted || ids.client === id)
    .map(({ record }) => record)
    .sort((a, b) => timeOf(a) - timeOf(b) || a.order - b.order)
}

/** When it happened, in ms: by the visitor's clock, else by the intake's. An event with a `client_dt` has its receipt as `dt`. */
export function timeOf({ event, receivedAt }: LiveRecord): number {
  const { dt, client_dt } = objectIn(event)
  const times = [client_dt, dt, receivedAt].map((time) => Date.parse(String(time)))
  return times.find((time) => !Number.isNaN(time)) ?? 0
}

/** Whether the debug switch forced it in, so that it counts nowhere. */
export function isDebug(event: unknown): boolean {
  return objectIn(objectIn(objectIn(event).meta).producer).debug === true
}

function idsIn(event: unknown): Ids {
  const { meta, performer } = objectIn(event)
  const { session_id, pageview_id } = objectIn(performer)
  return {
    session: textIn(session_id),
    pageview: textIn(pageview_id),
    client: textIn(objectIn(objectIn(meta).producer).id),
  }
}

/** Events are whatever somebody posted. */
function objectIn(found: unknown): { readonly [field: string]: unknown } {
  return typeof found === 'object' && found !== null ? (found as { [field: string]: unknown }) : {}
}

const textIn = (found: unknown): string | undefined =>
  typeof found === 'string' && found !== '' ? found : undefined

function groups(pairs: readonly (readonly [string | undefined, string | undefined])[]) {
  const found = new Map<string, Set<string>>()
  for (const [key, value] of pairs) {
    if (key === undefined) continue
    const group = found.get(key) ?? new Set()
    if (value !== undefined) group.add(value)
    found.set(key, group)
  }
  return found
}

function sole(group: ReadonlySet<string> | undefined): string | undefined {
  return group?.size === 1 ? [...group][0] : undefined
}
