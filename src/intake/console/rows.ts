import { element } from './element.ts'
import type { LiveRecord } from './records.ts'
import { hueOf } from './stream-list.ts'
import { type Field, summaryOf } from './summary.ts'

/** How many reasons show on a closed row. Checking a thoroughly wrong event can find dozens. */
const MOST_REASONS = 5

/** A record as an item of the list. Its JSON is made when it is first opened. */
export function rowOf(record: LiveRecord): HTMLLIElement {
  const summary = element(
    'summary',
    { className: 'row' },
    timeOf(record.receivedAt),
    streamOf(record.stream),
    fieldsOf(summaryOf(record.event)),
  )
  if (record.problems) summary.append(badge(), reasonsOf(record.problems))

  const details = element('details', {}, summary)
  details.addEventListener('toggle', () => details.append(...openedParts(record)), { once: true })
  return element('li', { className: record.problems ? 'rejected' : 'accepted' }, details)
}

function timeOf(receivedAt: string): HTMLTimeElement {
  return element(
    'time',
    { className: 'time', dateTime: receivedAt, title: receivedAt },
    clockTime(receivedAt),
  )
}

function streamOf(name: string): HTMLSpanElement {
  const stream = element('span', { className: 'stream', title: name }, name)
  stream.dataset.hue = hueOf(name)
  return stream
}

/** The reader's local time to the millisecond; on another day than today the day is worth more. */
function clockTime(receivedAt: string): string {
  const at = new Date(receivedAt)
  if (Number.isNaN(at.getTime())) return receivedAt

  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits).join(':')
  const isToday = at.toDateString() === new Date().toDateString()
  if (isToday) return `${time}.${String(at.getMilliseconds()).padStart(3, '0')}`
  return `${at.toLocaleDateString('en', { day: 'numeric', month: 'short' })} ${time}`
}

const twoDigits = (value: number): string => String(value).padStart(2, '0')

function fieldsOf(fields: readonly Field[]): HTMLSpanElement {
  if (fields.length === 0) return element('span', { className: 'fields quiet' }, 'no fields of its own')
  return element('span', { className: 'fields' }, ...fields.flatMap((field) => [fieldOf(field), ' ']))
}

function fieldOf({ name, value }: Field): HTMLSpanElement {
  const label = name === undefined ? [] : [element('span', { className: 'quiet' }, name), ' ']
  return element('span', { className: 'field' }, ...label, value)
}

const badge = (): HTMLSpanElement => element('span', { className: 'badge' }, 'Rejected')

// Spans, since a summary holds no list.
function reasonsOf(problems: readonly string[]): HTMLSpanElement {
  const shown = problems.length > 0 ? problems.slice(0, MOST_REASONS) : ['The intake gave no reason.']
  const hidden = problems.length - shown.length
  const reasons = hidden > 0 ? [...shown, `and ${hidden} more: open the event to see them`] : shown
  return element(
    'span',
    { className: 'reasons' },
    ...reasons.map((reason) => element('span', { className: 'reason' }, reason)),
  )
}

function openedParts({ event, problems = [] }: LiveRecord): HTMLElement[] {
  const json = jsonOf(event)
  if (problems.length <= MOST_REASONS) return [json]

  const reasons = problems.slice(MOST_REASONS).map((problem) => element('li', {}, problem))
  return [element('ul', { className: 'more-reasons' }, ...reasons), json]
}

/** The name at the start of a line of pretty JSON. A string's own line breaks are escaped, so lines are reliable. */
const NAME = /^(\s*)("(?:[^"\\]|\\.)*")(: .*)$/

function jsonOf(event: unknown): HTMLPreElement {
  const lines = JSON.stringify(event, null, 2).split('\n')
  const json = element('pre', { className: 'json' })
  for (const line of lines) {
    const [, indent, name, rest] = NAME.exec(line) ?? []
    if (name === undefined) json.append(`${line}\n`)
    else json.append(`${indent}`, element('span', { className: 'name' }, name), `${rest}\n`)
  }
  return json
}
