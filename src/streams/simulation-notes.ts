import type { Replayed, Span } from './replayed.ts'
import { valueOfId } from './sampling.ts'

/** What limits the answer of a simulation for one stream, each in a sentence. */
export function notesOn(stream: Replayed, all: readonly Replayed[], span: Span): string[] {
  const goes = !stream.after.reason
  const isStored = stream.stored > 0
  return [
    ...ofTheConfig(stream, span),
    ...ofRedirects(stream, all),
    ...ofTheData(stream, span),
    ...(goes && isStored ? ofSampling(stream) : []),
    ...(goes ? ofWhatIsNotStored(stream) : []),
    ...(goes && isStored ? ofValues(stream) : []),
  ]
}

function ofTheConfig({ after, held, limited, needsTitle, title }: Replayed, { days }: Span): string[] {
  if (after.reason === 'killed')
    return ['state off: no event goes, and what is queued on devices is dropped.']
  if (after.why === NOT_THERE) return ['Not in the proposed config: no event goes.']
  if (after.reason) return [`Its settings cannot be used, so that no event goes: ${after.why}`]
  const age = after.longestWait / DAY
  return [
    ...when(
      after.held,
      `state hold: ${amount(held / days)} events a day wait on devices, each for at most ${amount(age)} ${age === 1 ? 'day' : 'days'}.`,
    ),
    ...when(limited, `max_per_minute ${after.maxPerMinute} drops ${amount(limited / days)} events a day.`),
    ...when(needsTitle && title === undefined, 'Has no schema_title: the intake refuses its events.'),
  ]
}

function ofRedirects(stream: Replayed, all: readonly Replayed[]): string[] {
  const { target, before, after } = stream
  const others = all.filter((other) => other !== stream)
  const sources = others.filter((other) => other.target === stream.stream).map(nameOf)
  const mixed = others.filter((other) => other.before?.target === stream.stream).map(nameOf)
  return [
    ...when(target !== stream.stream, `Its events go to ${target} (stream_name), and are counted there.`),
    ...when(
      before?.target !== undefined && before.target !== after.target,
      `Its events go to ${before?.target} now, where they cannot be told from others.`,
    ),
    ...when(sources.length, `Has the events of ${sources.join(', ')} as well (stream_name).`),
    ...when(
      mixed.length,
      `What is stored has events of ${mixed.join(', ')} (stream_name), replayed by the settings of ${stream.stream}.`,
    ),
  ]
}

function ofTheData(stream: Replayed, span: Span): string[] {
  const { stored, debug, unsaid, rates, before, last } = stream
  const late = stream.first - span.first
  const isLate = Number.isFinite(late) && late > Math.max(HOUR, 0.1 * (span.last - span.first))
  const rateBefore = before?.sample?.rate ?? 1
  const listed = [...rates].map(([rate, count]) => `${rate} (${events(count)})`).join(', ')
  return [
    ...when(stored === 0, 'No event of it is stored, so that nothing can be said of its amount.'),
    ...when(
      stored && span.last - span.first < DAY,
      'The data span less than a day, so that what a day has is a projection from a part of it.',
    ),
    ...when(debug, `Left out: ${events(debug)} that the debug switch forced in.`),
    ...(isLate
      ? [
          `Its first event came at ${new Date(stream.first).toISOString()}, later than the data begins: a day has more than is told.`,
        ]
      : []),
    ...when(
      unsaid,
      `${events(unsaid)} do not say at what rate they were sampled, and are taken as if none had been left out.`,
    ),
    ...when(rates.size > 1, `Stored at the rates ${listed}: each event is weighted by its own.`),
    ...when(
      stored > 0 && before && !before.reason && rateBefore !== last.rate,
      `The last event was stored at rate ${last.rate}, while the config in force says ${rateBefore}.`,
    ),
  ]
}

function ofSampling({ after: { sample }, kept, units, idless, ofParts, target, stream }: Replayed): string[] {
  const others = [...units].filter((unit) => unit !== sample?.unit)
  const { units: resting } = kept.estimate()
  return [
    ...when(
      sample && sample.rate < 1 && others.length,
      `Sampled by ${sample?.unit} instead of ${others.join(', ')}: who is in the sample is drawn anew.`,
    ),
    ...(sample && idless
      ? [
          `${events(idless)} do not carry the id of their ${sample.unit}, so that only the share that stays is known; provide_values ${valueOfId(sample.unit)} adds it.`,
        ]
      : []),
    ...when(
      ofParts,
      `${events(ofParts)} carry no id of their unit, so that each page stands for one and the interval is too narrow.`,
    ),
    ...when(
      resting > 0 && resting < FEW && target === stream,
      `The interval rests on only ${resting} of the units in the sample: it is a rough one.`,
    ),
  ]
}

function ofWhatIsNotStored({ before, after, stored }: Replayed): string[] {
  if (!before) return []
  const isOther = (setting: 'curation' | 'exempt' | 'ignoresGpc' | 'maxPerMinute' | 'url') =>
    JSON.stringify(before[setting]) !== JSON.stringify(after[setting])
  return [
    ...when(
      before.reason,
      `No event of it goes now${stored > 0 ? ': what is stored is of an earlier time' : ''}.`,
    ),
    ...when(before.held, 'state hold now: what waits on devices is not stored yet, and comes in addition.'),
    ...when(
      before.curation && isOther('curation'),
      'What its curation drops now is not stored: what a looser one lets through does not show.',
    ),
    ...when(
      before.maxPerMinute < after.maxPerMinute,
      `What max_per_minute ${before.maxPerMinute} drops now is not stored, and comes in addition.`,
    ),
    ...when(
      isOther('exempt'),
      `consent: ${after.exempt ? 'visitors without it are not in the data, and come in addition' : 'visitors without it go, and cannot be told from others in the data'}.`,
    ),
    ...when(
      isOther('ignoresGpc'),
      `gpc: visitors who ask for privacy ${after.ignoresGpc ? 'are not in the data, and come in addition' : 'go, and cannot be told from others in the data'}.`,
    ),
    ...when(isOther('url'), `Its events go to another intake, ${after.url}.`),
  ]
}

function ofValues({ before, after, unjudged, valuesGone }: Replayed): string[] {
  const valuesNew = before ? after.provideValues.filter((value) => !before.provideValues.includes(value)) : []
  return [
    ...[...unjudged].map(
      ([name, count]) =>
        `${events(count)} lack ${name}, by which curation decides: they may not have been asked for it, and are taken as kept.`,
    ),
    ...when(
      valuesNew.length,
      `Each event grows by ${valuesNew.join(', ')} (provide_values), which the bytes leave out.`,
    ),
    ...when(valuesGone.length, `Each event loses ${valuesGone.join(', ')} (provide_values).`),
  ]
}

const NOT_THERE = 'not in the config'
/** Units on which an interval rests well. */
const FEW = 30
const HOUR = 3_600_000
const DAY = 24 * HOUR

const when = (isSo: unknown, note: string): string[] => (isSo ? [note] : [])

const nameOf = ({ stream }: Replayed): string => stream

const amount = (number: number): string => number.toLocaleString('en', { maximumSignificantDigits: 3 })

const events = (count: number): string => `${count.toLocaleString('en')} ${count === 1 ? 'event' : 'events'}`
