export interface Field {
  /** Absent where the event is no object and has no fields. */
  readonly name?: string
  readonly value: string
}

/** What every event has and its reader knows already, from the row itself. */
const COMMON_FIELDS = new Set(['$schema', 'meta', 'dt'])

const MOST_FIELDS = 10
const LONGEST_VALUE = 120

/** What is particular to an event, short enough for one line. Takes whatever a rejected event may be. */
export function summaryOf(event: unknown): readonly Field[] {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return [{ value: short(event) }]

  return Object.entries(event)
    .filter(([name]) => !COMMON_FIELDS.has(name))
    .slice(0, MOST_FIELDS)
    .map(([name, value]) => ({ name, value: short(value) }))
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text
}
