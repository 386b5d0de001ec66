import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLossCount } from '../../../src/intake/loss.ts'
import type { LossRow } from '../../../src/intake/loss-rows.ts'
import {
  account,
  cameAgain,
  type Line,
  NO_LOSSES,
  numbered,
  rejected,
  SDK,
  type TestEntry,
} from './stored.ts'

const INSTANCES = ['p', 'q', 'r']
/** Crashes, and nobody tells of it. */
const SILENT = 'silent'
const SDK_OF: { readonly [instance: string]: string } = { p: SDK, q: SDK, r: 'rivulet/0.2.0', [SILENT]: SDK }

/** What may become of a submitted event, and what the report should say of it. */
const FATES = {
  'kept out by sampling': 'out-of-sample',
  'kept out as invalid': 'invalid',
  'waits undecided': 'unknown',
  'waits in the queue': 'unknown',
  'is stored, and its client knows': 'delivered',
  'is stored, and its client has not heard': 'delivered',
  'is stored, and its client drops it later': 'delivered',
  'is stored by a beacon': 'delivered',
  'is evicted': 'evicted',
  'expires after an earlier page has left it': 'expired',
  'is refused, and its client knows': 'refused',
  'is refused, and its client has not heard': 'refused',
  'is acknowledged, but not stored': 'missing',
  'is lost with a beacon': 'missing',
} as const

type FateName = keyof typeof FATES

interface Step {
  readonly instance: string
  readonly stream: string
  readonly fate: FateName
  /** The instance that settles it: an event may outlive its page. */
  readonly settler: string
  /** How often it comes again, noted by the intake, and how often it is stored again by one that does not look. */
  readonly noted: number
  readonly storedAgain: number
  /** After it, the settler's account is stored as it stands; and a new one is begun. */
  readonly reports: boolean
  readonly begins: boolean
}

const often = <Value>(weight: number, value: Value) => ({ weight, arbitrary: fc.constant(value) })
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    instance: fc.constantFrom(...INSTANCES, SILENT),
    stream: fc.constantFrom('shop.click', 'shop.view'),
    fate: fc.oneof(
      often(14, 'is stored, and its client knows' as FateName),
      ...(Object.keys(FATES) as FateName[]).map((fate) => often(1, fate)),
    ),
    settler: fc.constantFrom(...INSTANCES),
    noted: fc.oneof(often(4, 0), fc.nat(2)),
    storedAgain: fc.oneof(often(4, 0), fc.nat(2)),
    reports: fc.boolean(),
    begins: fc.boolean(),
  }),
  { maxLength: 60 },
)

test('whatever becomes of each event, the report says it to the event', () => {
  fc.assert(
    fc.property(steps, fc.gen(), (story, draw) => {
      const { lines, truth } = live(story)
      const shuffled = draw(fc.shuffledSubarray, lines, { minLength: lines.length })
      const count = createLossCount()

      for (const line of shuffled) count.add(line)

      const { losses } = count.report()
      const rows = losses.map(({ stream, sdk, instances: _, submitted, ...row }) => {
        expect(submitted).toBe(submittedIn(row))
        return [`${stream} ${sdk}`, row]
      })
      expect(Object.fromEntries(rows)).toEqual(truth)
    }),
    { numRuns: 2000 },
  )
})

test('while accounts are still to come no event is made up, and once they have come the report is right', () => {
  fc.assert(
    fc.property(steps, fc.gen(), (all, draw) => {
      const { lines, truth } = live(all.filter(({ instance }) => instance !== SILENT))
      const isAccount = ({ meta }: Line) => meta.stream === 'rivulet.ledger'
      const accounts = lines.filter(isAccount)
      const count = createLossCount()

      for (const line of lines.filter((line) => !isAccount(line))) count.add(line)
      for (const line of draw(fc.subarray, accounts)) count.add(line)
      for (const { stream, sdk, submitted, delivered } of count.report().losses) {
        const whole = truth[`${stream} ${sdk}`]
        if (!whole) continue // another instance tells of them; which SDK they are of is not told yet
        expect(delivered).toBe(whole.delivered)
        expect(submitted).toBeLessThanOrEqual(submittedIn(whole))
      }

      for (const line of accounts) count.add(line)
      const { losses } = count.report()
      expect(Object.fromEntries(losses.map((row) => [`${row.stream} ${row.sdk}`, row]))).toMatchObject(truth)
    }),
    { numRuns: 1000 },
  )
})

test('of n events that were acknowledged, any k that are not stored are reported as k', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.gen(), (n, draw) => {
      const seqs = Array.from({ length: n }, (_, index) => index + 1)
      const lost = draw(fc.subarray, seqs)
      const count = createLossCount()
      count.add(account([{ instance: 'p', submitted: n, last: n, settled: { delivered: [1, n] } }]))

      for (const seq of seqs) if (!lost.includes(seq)) count.add(numbered('p', seq))

      const [row] = count.report().losses
      expect(row!.missing_in_the_middle + row!.missing_at_the_end).toBe(lost.length)
      expect(row).toMatchObject({ submitted: n, delivered: n - lost.length, unknown: 0 })
    }),
  )
})

/** Lets events come to their fates, and returns what an intake has stored by then, and what the report should say. */
function live(story: readonly Step[]): { lines: Line[]; truth: { [row: string]: Row } } {
  const lines: Line[] = []
  const ledgers = new Map([...INSTANCES, SILENT].map((instance) => [instance, openLedger(instance)]))
  const lasts = new Map<string, number>()
  const ends: { step: Step; seq: number; isStored: boolean }[] = []

  for (const step of story) {
    const { instance, stream, noted, storedAgain } = step
    // A silent one settles its own events, and of the events of others it knows nothing.
    const settler = instance === SILENT ? SILENT : step.settler
    const fate = instance === SILENT ? simple(step.fate) : step.fate
    const own = ledgers.get(instance)!
    const settle = (outcome: string, by = settler) => ledgers.get(by)!.settled(step, outcome, seq)

    own.submitted(stream)
    let seq = 0
    if (fate === 'kept out by sampling' || fate === 'kept out as invalid') own.keptOut(stream, FATES[fate])
    else if (fate !== 'waits undecided') {
      seq = 1 + (lasts.get(`${instance} ${stream}`) ?? 0)
      lasts.set(`${instance} ${stream}`, seq)
      own.numbered(stream, seq)
    }

    const event = numbered(instance, seq, { stream, sdk: SDK_OF[instance]! })
    const isStored = FATES[fate] === 'delivered'
    ends.push({ step: { ...step, fate }, seq, isStored })
    if (isStored) {
      for (let copy = 0; copy <= storedAgain; copy++) lines.push(event)
      for (let copy = 0; copy < noted; copy++) lines.push(cameAgain(event))
    }
    if (fate.startsWith('is refused')) lines.push(rejected(event))

    if (fate === 'is stored, and its client knows' || fate === 'is acknowledged, but not stored')
      settle('delivered')
    if (fate === 'is stored by a beacon' || fate === 'is lost with a beacon') settle('unconfirmed', instance)
    if (fate === 'is evicted' || fate === 'is stored, and its client drops it later') settle('evicted')
    if (fate === 'expires after an earlier page has left it') settle('expired')
    if (fate === 'is refused, and its client knows') settle('refused')

    if (step.reports) lines.push(...ledgers.get(step.settler)!.account())
    if (step.reports && step.begins) ledgers.get(step.settler)!.begin()
  }
  for (const instance of INSTANCES) lines.push(...ledgers.get(instance)!.account())
  return { lines, truth: truthOf(ends) }
}

/** Of one that tells nothing, what it alone knows of looks like a loss. */
function simple(fate: FateName): FateName {
  if (FATES[fate] === 'delivered') return 'is stored, and its client has not heard'
  return FATES[fate] === 'missing' ? 'is acknowledged, but not stored' : 'waits in the queue'
}

type Row = {
  -readonly [K in keyof Omit<LossRow, 'stream' | 'sdk' | 'instances' | 'submitted'>]: LossRow[K]
} & {
  kept_out: { [reason: string]: number }
  dropped: { [reason: string]: number }
}

function submittedIn(row: Row): number {
  const missing = row.missing_in_the_middle + row.missing_at_the_end
  const parts = [
    ...Object.values(row.kept_out),
    ...Object.values(row.dropped),
    row.delivered,
    missing,
    row.unknown,
  ]
  return parts.reduce((sum, part) => sum + part, 0)
}

function truthOf(ends: readonly { step: Step; seq: number; isStored: boolean }[]): { [row: string]: Row } {
  const rows: { [row: string]: Row } = {}
  const highest = new Map<string, number>()
  const keyOf = ({ instance, stream }: Step) => `${instance} ${stream}`
  for (const { step, seq, isStored } of ends) if (isStored) highest.set(keyOf(step), seq)

  for (const { step, seq, isStored } of ends) {
    const isSilent = step.instance === SILENT
    const last = highest.get(keyOf(step)) ?? 0
    // What one that tells nothing has lost above its last stored event is known to nobody.
    if (isSilent && seq > last) continue
    const key = `${step.stream} ${SDK_OF[step.instance]}`
    const row = rows[key] ?? structuredClone(NO_LOSSES)
    rows[key] = row
    const end = FATES[step.fate]
    if (isSilent && seq === last) row.instances_with_unknown_end += 1
    if (isStored) row.duplicates_removed += step.noted + step.storedAgain
    if (end === 'delivered') row.delivered += 1
    else if (end === 'out-of-sample' || end === 'invalid') row.kept_out[end] = 1 + (row.kept_out[end] ?? 0)
    else if (isSilent || end === 'missing')
      row[seq < last ? 'missing_in_the_middle' : 'missing_at_the_end'] += 1
    else if (end === 'unknown') row.unknown += 1
    else row.dropped[end] = 1 + (row.dropped[end] ?? 0)
    if (step.fate === 'is lost with a beacon') row.missing_unconfirmed += 1
  }
  return rows
}

/** An instance's account, as the client keeps it. */
function openLedger(instance: string) {
  let entries: Map<string, Required<TestEntry>>
  let id = ''
  let accounts = 0
  let version: number
  const lasts = new Map<string, number>()

  function begin(): void {
    entries = new Map()
    id = `${instance} ${accounts++}`
    version = 0
  }
  function entryOf(of: string, stream: string): Required<TestEntry> {
    version += 1
    const last = of === instance ? (lasts.get(stream) ?? 0) : 0
    const entry = entries.get(`${of} ${stream}`) ?? {
      instance: of,
      stream,
      submitted: 0,
      last,
      kept_out: {},
      settled: {},
    }
    entries.set(`${of} ${stream}`, entry)
    return entry
  }

  begin()
  return {
    begin,
    submitted(stream: string) {
      entryOf(instance, stream).submitted += 1
    },
    keptOut(stream: string, reason: string) {
      const { kept_out } = entryOf(instance, stream)
      kept_out[reason] = 1 + (kept_out[reason] ?? 0)
    },
    numbered(stream: string, seq: number) {
      lasts.set(stream, seq)
      entryOf(instance, stream).last = seq
    },
    settled({ instance: of, stream }: Step, outcome: string, seq: number) {
      const { settled } = entryOf(of, stream)
      settled[outcome] = [...(settled[outcome] ?? []), seq, seq]
    },
    /** As it stands: the entries are copied. Nothing where nothing has changed since it was begun. */
    account(): Line[] {
      const stored = account(structuredClone([...entries.values()]), { id, version, sdk: SDK_OF[instance]! })
      return version === 0 ? [] : [stored]
    },
  }
}
