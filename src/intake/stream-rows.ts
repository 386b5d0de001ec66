import type { StreamConfig } from '../core/settings.ts'
import { ownValue } from '../schema/json-pointer.ts'
import { inForce, keysOf } from '../streams/in-force.ts'
import type { ConfigContent } from './config-content.ts'
import type { ConfigHistory } from './config-history.ts'
import type { State, StreamRow } from './console/contract.ts'
import { isObject } from './ingest.ts'
import type { Tally } from './tally.ts'

/** The streams of a config, and those that have events without being in it, each with its numbers. */
export function rowsOf(
  { streams }: ConfigContent,
  { history, tally }: { history: ConfigHistory; tally: Tally },
): StreamRow[] {
  const configured = Object.keys(streams)
  const config = configured.length > 0 ? inForce({ streams }) : undefined
  const keyOf = keysOf(streams)
  const changes = history.lastChanges()
  const { streams: counted } = tally.counts()
  const others = Object.keys(counted).filter(
    (stream) => stream !== '' && ownValue(streams, stream) === undefined,
  )

  return [...configured, ...others].map((stream) => {
    const key = keyOf(stream)
    const settings = key === undefined ? undefined : ownValue(streams, key)
    const title = isObject(settings) ? settings.schema_title : undefined
    const { stored = 0, rejected = 0 } = counted[stream] ?? {}
    return {
      stream,
      schemaTitle: typeof title === 'string' ? title : null,
      ...settingsOf(config?.of(stream)),
      ...(key === undefined || key === stream ? {} : { pattern: key }),
      perMinute: Array(60).fill(0),
      actual: 0,
      expected: null,
      accepted: stored,
      rejected,
      loss: null,
      lastChange: (key !== undefined && changes.get(key)) || null,
    }
  })
}

function settingsOf(
  config: StreamConfig | undefined,
): Pick<StreamRow, 'state' | 'problem' | 'unit' | 'rate'> {
  const { unit = null, rate = 1 } = config?.sample ?? {}
  const problem = config ? config.why : 'not in the config'
  return { state: stateOf(config), ...(problem ? { problem } : {}), unit, rate }
}

function stateOf(config: StreamConfig | undefined): State {
  if (config?.reason === 'killed') return 'off'
  return config?.held ? 'hold' : 'on'
}
