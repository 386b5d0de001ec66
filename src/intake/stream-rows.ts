import type { StreamConfig } from '../core/settings.ts'
import { ownValue } from '../schema/json-pointer.ts'
import { readStreamsConfig } from '../streams/streams-config.ts'
import type { ConfigContent } from './config-content.ts'
import type { ConfigHistory } from './config-history.ts'
import type { State, StreamRow } from './console/contract.ts'
import type { Stats } from './stats/stats.ts'

/** The streams of a config, and those that have events without an entry of their own, each with its numbers. */
export function rowsOf(
  content: ConfigContent,
  { history, stats }: { history: ConfigHistory; stats: Stats },
): StreamRow[] {
  const { streams } = content
  const configured = Object.keys(streams)
  const config = configured.length > 0 ? readStreamsConfig(content) : undefined
  const changes = history.lastChanges()
  const others = stats.streams().filter((stream) => ownValue(streams, stream) === undefined)

  return [...configured, ...others].map((stream) => {
    const entry = config?.entryOf(stream)
    const title = entry?.settings.schema_title
    const inForce = settingsOf(entry && config?.of(stream))
    // What is held or off is expected to bring nothing.
    const expectedRate = inForce.state === 'on' && !inForce.problem ? inForce.rate : 0
    return {
      stream,
      schemaTitle: typeof title === 'string' ? title : null,
      isConfigured: entry !== undefined,
      ...inForce,
      ...(entry && entry.name !== stream ? { pattern: entry.name } : {}),
      ...stats.ofStream(stream, expectedRate),
      lastChange: (entry && changes.get(entry.name)) ?? null,
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
