import type { Links } from './links.ts'

/** How an event follows from another. */
export type By = 'cause' | 'request_id' | 'root_event'

/** An event that another follows from. */
export interface Parent {
  readonly key: number
  readonly by: By
}

/**
 * Which events follow from which. It knows events and groups of them by their keys, so that it takes about
 * a hundred bytes for each. An event follows from its causes. Where none of them is stored, or it names none, it also
 * follows from the event that began its request, or else from the first of its `root_event`.
 */
export interface LinkIndex {
  /** Takes a stored event; their order does not matter. After the first question, none may come. */
  add(links: Links): void
  /** Whether the event is stored, or a cause of one that is. */
  has(event: number): boolean
  parentsOf(event: number): Parent[]
  childrenOf(event: number): number[]
  /** The events of a request, by time. */
  inRequest(request: number): number[]
}

export function createLinkIndex(): LinkIndex {
  const stored = createTable(1)
  const causes = createTable(2)
  const requests = createGroups(causesOf)
  const roots = createGroups(causesOf)

  return {
    add({ id, at, causes: ids, request, root }) {
      const event = keyOf(id)
      stored.add(event)
      for (const cause of ids) causes.add(event, keyOf(cause))
      if (request !== undefined) requests.add(event, keyOf(request), at)
      if (root !== undefined) roots.add(event, keyOf(root), at)
    },
    has: (event) => isStored(event) || causes.rowsWith(CAUSE, event).length > 0,
    parentsOf,
    childrenOf(event) {
      const byCause = causes.rowsWith(CAUSE, event).map((row) => causes.cell(row, EVENT))
      const byGroup = [requests, roots].flatMap((groups) => groups.begunBy(event))
      return [...byCause, ...byGroup.filter((one) => parentsOf(one).some(({ key }) => key === event))]
    },
    inRequest: requests.membersOf,
  }

  function isStored(event: number): boolean {
    return stored.rowsWith(EVENT, event).length > 0
  }

  function causesOf(event: number): number[] {
    return [...new Set(causes.rowsWith(EVENT, event).map((row) => causes.cell(row, CAUSE)))]
  }

  function parentsOf(event: number): Parent[] {
    const named = causesOf(event)
    const parents = named.map((key): Parent => ({ key, by: 'cause' }))
    if (named.some(isStored)) return parents
    const request = requests.beginningOf(event)
    if (request !== undefined && request !== event) return [...parents, { key: request, by: 'request_id' }]
    const root = roots.beginningOf(event)
    return root === undefined || root === event ? parents : [...parents, { key: root, by: 'root_event' }]
  }
}

/** Columns: of all tables; of causes; of groups. */
const EVENT = 0
const CAUSE = 1
const [GROUP, AT] = [1, 2]

/** Groups of events, and which began each: the earliest of those that follow from no other of the group. */
function createGroups(causesOf: (event: number) => number[]) {
  const members = createTable(3)
  const beginnings = new Map<number, number>()

  return {
    add: (event: number, group: number, at = Number.MAX_VALUE) => members.add(event, group, at),
    membersOf,
    /** Undefined where the event is in no group. */
    beginningOf(event: number): number | undefined {
      const [group] = groupsOf(event)
      return group === undefined ? undefined : beginningIn(group)
    },
    /** The others of the groups that the event began. */
    begunBy: (event: number): number[] =>
      groupsOf(event)
        .filter((group) => beginningIn(group) === event)
        .flatMap(membersOf)
        .filter((one) => one !== event),
  }

  function groupsOf(event: number): number[] {
    return members.rowsWith(EVENT, event).map((row) => members.cell(row, GROUP))
  }

  function membersOf(group: number): number[] {
    const rows = members.rowsWith(GROUP, group)
    rows.sort((a, b) => members.cell(a, AT) - members.cell(b, AT) || a - b)
    return [...new Set(rows.map((row) => members.cell(row, EVENT)))]
  }

  function beginningIn(group: number): number {
    const known = beginnings.get(group)
    if (known !== undefined) return known
    const events = membersOf(group)
    const all = new Set(events)
    const first = events.find((event) => !causesOf(event).some((cause) => all.has(cause))) ?? events[0]!
    beginnings.set(group, first)
    return first
  }
}

/** Rows of numbers, eight bytes each, that are found by what they have in a column. */
function createTable(columns: number) {
  let cells = new Float64Array(columns << 10)
  let rows = 0
  const finders = new Map<number, (value: number) => number[]>()
  const cell = (row: number, column: number) => cells[row * columns + column]!

  return {
    cell,
    add(...row: number[]) {
      if (rows * columns === cells.length) {
        const larger = new Float64Array(cells.length * 2)
        larger.set(cells)
        cells = larger
      }
      cells.set(row, rows * columns)
      rows += 1
    },
    rowsWith(column: number, value: number): number[] {
      const find = finders.get(column) ?? finderOf(rows, (row) => cell(row, column))
      finders.set(column, find)
      return find(value)
    },
  }
}

/** A hash table of two numbers a row: rows of one slot are a chain. */
function finderOf(rows: number, valueAt: (row: number) => number): (value: number) => number[] {
  const first = new Int32Array(rows + 1).fill(-1)
  const next = new Int32Array(rows)
  for (let row = rows - 1; row >= 0; row--) {
    const slot = valueAt(row) % first.length
    next[row] = first[slot]!
    first[slot] = row
  }
  return (value) => {
    const found: number[] = []
    for (let row = first[value % first.length]!; row >= 0; row = next[row]!)
      if (valueAt(row) === value) found.push(row)
    return found
  }
}

/** 53 bits for a text: of a million ids, two have the same once in ten thousand times. */
export function keyOf(text: string): number {
  let high = 0x243f6a88
  let low = 0x13198a2e
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    high = Math.imul(high ^ code, 0x01000193)
    low = Math.imul(low ^ code, 0x2c1b3c6d)
    low = (low << 13) | (low >>> 19)
  }
  high = Math.imul(high ^ (high >>> 15), 0x297a2d39)
  return ((high ^ (high >>> 13)) >>> 0) * 2 ** 21 + (Math.imul(low, 0x9e3779b1) >>> 11)
}
