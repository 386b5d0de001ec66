import { ownValue } from '../schema/json-pointer.ts'
import { readStreamsConfig } from '../streams/streams-config.ts'
import type { StreamChange } from './console/contract.ts'
import { isObject } from './ingest.ts'

/** What a stream config says, without its revision. */
export interface ConfigContent {
  readonly streams: { readonly [stream: string]: unknown }
  readonly [setting: string]: unknown
}

type Settings = { readonly [setting: string]: unknown }

/** The config with changes made to it, or in words why they cannot be made. What they do not name stays. */
export function changed(
  content: ConfigContent,
  changes: readonly StreamChange[],
): { readonly content: ConfigContent } | { readonly problem: string } {
  let { streams } = content
  for (const change of changes) {
    const { stream } = change
    const settings = ownValue(streams, stream)
    if (settings === undefined)
      return { problem: `stream "${stream}" is not in the config; add it to the file` }
    if (!isObject(settings))
      return { problem: `the settings of stream "${stream}" are no object; correct the file` }
    streams = { ...streams, [stream]: changedSettings(settings, change) }
  }
  const next = { ...content, streams }
  const read = readStreamsConfig(next)
  for (const { stream } of changes) {
    const { reason, why } = read.of(stream)
    if (reason === 'unconfigured')
      return { problem: `stream "${stream}" could not be used (${why}); correct the file` }
  }
  return { content: next }
}

/** The changes in a request's body, or in words what is wrong with them. */
export function changesIn(found: unknown): readonly StreamChange[] | string {
  if (!Array.isArray(found) || found.length === 0) return '"changes" is to be a list of at least one change'
  for (const change of found) {
    const problem = problemOf(change)
    if (problem) return problem
  }
  return found
}

function problemOf(change: unknown): string | undefined {
  if (!isObject(change)) return 'a change is to be an object'
  const { stream, state, sample, ...others } = change
  if (typeof stream !== 'string' || stream === '') return 'a change is to name its "stream"'
  const [other] = Object.keys(others)
  if (other !== undefined) return `a change has no "${other}"; there are "state" and "sample"`
  if (state !== undefined && !['on', 'hold', 'off'].includes(state as string))
    return `"state" of ${stream} is to be on, hold or off`
  if (sample === undefined || sample === null) return undefined
  if (!isObject(sample)) return `"sample" of ${stream} is to be an object or null`
  if (!['pageview', 'session', 'device'].includes(sample.unit as string))
    return `"sample" of ${stream} is to have the "unit" pageview, session or device`
  const { rate } = sample
  if (typeof rate !== 'number' || !(rate >= 0 && rate <= 1))
    return `"sample" of ${stream} is to have a "rate" from 0 to 1`
  return undefined
}

function changedSettings(settings: Settings, { state, sample }: StreamChange): Settings {
  const sampled = sample === undefined ? settings : withSample(settings, sample)
  return state === undefined ? sampled : withState(sampled, state)
}

function withSample(settings: Settings, sample: StreamChange['sample'] & unknown): Settings {
  if (sample) {
    const { unit, rate } = sample
    return { ...settings, sample: { ...(isObject(settings.sample) ? settings.sample : {}), unit, rate } }
  }
  // Another client's `sampling` would take the place of a missing sample.
  if ('sampling' in producerSettings(settings)) return { ...settings, sample: false }
  const { sample: _, ...others } = settings
  return others
}

function withState(settings: Settings, state: string): Settings {
  const { state: present = 'on' } = producerSettings(settings)
  if (present === state) return settings
  const producers = isObject(settings.producers) ? settings.producers : {}
  const rivulet = isObject(producers.rivulet) ? producers.rivulet : {}
  return { ...settings, producers: { ...producers, rivulet: { ...rivulet, state } } }
}

/** What holds of the two: of Rivulet's own, each setting overrides the other client's of the same name. */
function producerSettings({ producers }: Settings): Settings {
  const { metrics_platform_client: others, rivulet } = isObject(producers) ? producers : {}
  return { ...(isObject(others) ? others : {}), ...(isObject(rivulet) ? rivulet : {}) }
}
