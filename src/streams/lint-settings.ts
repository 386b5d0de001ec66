import { fieldsOf, type Fields } from '../core/fields.ts'
import { pointerTo } from '../schema/json-pointer.ts'
import { nearest } from '../schema/nearest.ts'
import { shown } from '../schema/schema-error.ts'
import { has } from '../schema/subschemas.ts'
import { type Known, placeOf, PRODUCERS, SAMPLE, STREAM, TOP } from './known-settings.ts'
import { isTopSetting, type LintedConfig, type LintedStream, type Problem } from './linted-config.ts'

/** Settings at the top that are unknown, stand elsewhere than they belong, or have no value that clients take. */
export function topProblems({ content, isWrapped }: LintedConfig): Problem[] {
  const entries = Object.entries(content)
  if (isWrapped) return [...streamsBesideStreams(entries), ...problemsIn(content, TOP, '')]
  return entries
    .filter(([name, value]) => isTopSetting(name, value))
    .map(([name]) => ({
      rule: 'misplaced-setting',
      pointer: pointerTo('', name),
      message: `"${name}" is taken for a stream, since the file is a bare map of them; put the streams under "streams", beside it`,
    }))
}

function streamsBesideStreams(entries: readonly (readonly [string, unknown])[]): Problem[] {
  return entries.filter(isStreamBesideStreams).map(([name]) => ({
    rule: 'misplaced-setting',
    pointer: pointerTo('', name),
    message: `the stream "${name}" stands beside "streams", where no client looks for it; move it into "streams"`,
  }))
}

function isStreamBesideStreams([name, value]: readonly [string, unknown]): boolean {
  return !has(TOP, name) && Object.keys(fieldsOf(value)).some((setting) => has(STREAM, setting))
}

/** The same for the settings of a stream. */
export function streamProblems({ settings, pointer, name, value }: LintedStream): Problem[] {
  if (value !== settings)
    return [
      {
        rule: 'setting-value',
        pointer,
        message: `the settings of a stream are an object, these are ${shown(value)}, so that its events do not go; write {} for none`,
      },
    ]
  const producers = Object.entries(fieldsOf(settings.producers))
  return [
    ...problemsIn(settings, STREAM, pointer),
    ...otherName(settings.stream, name, pointer),
    ...sampleProblems(settings.sample, pointerTo(pointer, 'sample')),
    ...producers.flatMap(([producer, found]) =>
      producerProblems(producer, found, pointerTo(pointer, 'producers', producer)),
    ),
    ...twoSamples(settings, pointer),
  ]
}

function otherName(stream: unknown, name: string, pointer: string): Problem[] {
  if (stream === undefined || stream === name) return []
  return [
    {
      rule: 'setting-value',
      pointer: pointerTo(pointer, 'stream'),
      message: `"stream" is ${shown(stream)}, while the entry is of ${shown(name)}, by which clients go; write the same, or leave it out`,
      level: 'warning',
    },
  ]
}

function producerProblems(producer: string, found: unknown, pointer: string): Problem[] {
  const known = has(PRODUCERS, producer) ? PRODUCERS[producer] : undefined
  const settings = fieldsOf(found)
  if (!known) {
    const meant = nearest(producer, Object.keys(PRODUCERS))
    const misplaced = placeOf(producer)
    if (misplaced) return [misplacedSetting(producer, pointer)]
    return meant ? [unknownSetting(producer, pointer, meant)] : []
  }
  const samplings = producer === 'rivulet' || producer === 'metrics_platform_client'
  return [
    ...problemsIn(settings, known, pointer),
    ...(samplings ? sampleProblems(settings.sampling, pointerTo(pointer, 'sampling')) : []),
  ]
}

function problemsIn(settings: Fields, known: Known, pointer: string): Problem[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    const at = pointerTo(pointer, name)
    if (!has(known, name)) {
      if (pointer === '' && isStreamBesideStreams([name, value])) return []
      return placeOf(name)
        ? [misplacedSetting(name, at)]
        : [unknownSetting(name, at, nearest(name, Object.keys(known)))]
    }
    const wanted = known[name]!(value)
    if (!wanted) return []
    return [
      {
        rule: 'setting-value',
        pointer: at,
        message: `"${name}" has to be ${wanted}, not ${shown(value)}${hint(value)}`,
      },
    ]
  })
}

/** YAML of old reads a bare off as false. */
const hint = (value: unknown) => (value === false || value === true ? '; put it in quotes' : '')

/** What Metrics Platform's clients do not read is read by this one all the same, if it is no other's. */
function misplacedSetting(name: string, pointer: string): Problem {
  const { where, isOurs } = placeOf(name)!
  const isRead = /\/producers\/metrics_platform_client\/\w+$/.test(pointer)
  return {
    rule: 'misplaced-setting',
    pointer,
    message: `"${name}" belongs ${where}; ${isRead ? 'other clients do not know it' : 'here it does nothing'}`,
    ...(isOurs && !isRead ? {} : { level: 'warning' as const }),
  }
}

function unknownSetting(name: string, pointer: string, meant: string | undefined): Problem {
  const fix = meant ? `did you mean ${meant}?` : 'clients pass it over'
  return { rule: 'unknown-setting', pointer, message: `"${name}" is not known; ${fix}`, level: 'warning' }
}

const UNITS = ['pageview', 'session', 'device']
const OFF = 'so that the stream is off'

function sampleProblems(sample: unknown, pointer: string): Problem[] {
  if (!sample) return [] // every unit is kept
  const wrong = (message: string, at = pointer): Problem => ({ rule: 'sample', pointer: at, message })
  const { unit, rate } = fieldsOf(sample)
  if (sample !== fieldsOf(sample))
    return [wrong(`a sample is { unit, rate }, this is ${shown(sample)}, ${OFF}; correct it`)]
  return [
    ...problemsIn(sample as Fields, SAMPLE, pointer),
    ...(UNITS.includes(unit as string)
      ? []
      : [
          wrong(
            `the unit is ${shown(unit)}, ${OFF}; ${unitMeant(unit)}`,
            unit === undefined ? pointer : pointerTo(pointer, 'unit'),
          ),
        ]),
    ...(typeof rate === 'number' && rate >= 0 && rate <= 1
      ? []
      : [
          wrong(
            `the rate is ${shown(rate)}, ${OFF}; ${rateMeant(rate)}`,
            rate === undefined ? pointer : pointerTo(pointer, 'rate'),
          ),
        ]),
  ]
}

function unitMeant(unit: unknown): string {
  const meant = typeof unit === 'string' ? nearest(unit, UNITS) : undefined
  return meant ? `did you mean ${meant}?` : `write one of ${UNITS.join(', ')}`
}

function rateMeant(rate: unknown): string {
  const number = Number(rate)
  if (typeof rate === 'string' && rate.trim() && number >= 0 && number <= 1)
    return `write it as a number, ${number}`
  return number > 1 && number <= 100
    ? `it is a share from 0 to 1: write ${number / 100} for ${number} %`
    : 'write a number from 0 (none) to 1 (all)'
}

/** `sample` is the one in force; it may be that other clients read the other. */
function twoSamples({ sample, producers }: Fields, pointer: string): Problem[] {
  const { rivulet, metrics_platform_client } = fieldsOf(producers)
  const [producer, sampling] =
    fieldsOf(rivulet).sampling === undefined
      ? ['metrics_platform_client', fieldsOf(metrics_platform_client).sampling]
      : ['rivulet', fieldsOf(rivulet).sampling]
  if (sample == null || sampling == null) return []
  const [one, other] = [fieldsOf(sample), fieldsOf(sampling)]
  if (one.unit === other.unit && one.rate === other.rate) return []
  return [
    {
      rule: 'sample',
      pointer: pointerTo(pointer, 'producers', producer as string, 'sampling'),
      message: '"sampling" says something else than "sample", which this client takes; keep one of them',
      level: 'warning',
    },
  ]
}
