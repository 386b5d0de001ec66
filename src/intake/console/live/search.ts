import type { LiveRecord } from './records.ts'
import { idsOf } from './visitor.ts'

/** The text of a record is made once, however often it is looked through. */
const texts = new WeakMap<LiveRecord, string>()

/** Whether a record holds a text, in its event or among its problems, in whichever case. */
export function holds(record: LiveRecord, wanted: string): boolean {
  return textOf(record).includes(wanted.toLowerCase())
}

/** Whether a record is of a session, page view or client whose id begins so. */
export function isOf({ event }: LiveRecord, wanted: string): boolean {
  return idsOf(event).some((id) => id.startsWith(wanted))
}

function textOf(record: LiveRecord): string {
  const known = texts.get(record)
  if (known !== undefined) return known
  const { stream, event, problems = [] } = record
  const text = [stream, JSON.stringify(event), ...problems].join('\n').toLowerCase()
  texts.set(record, text)
  return text
}
