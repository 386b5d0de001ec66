import type { Unit } from '../core/environment.ts'
import type { DropReason } from '../core/event.ts'
import { drawOf, reasonToLeave } from '../core/sample.ts'
import type { Curation } from '../core/settings.ts'
import { isNamed, readStreamsConfig } from './streams-config.ts'

/** What a config does with the events of a stream. */
export interface StreamExplanation {
  readonly stream: string
  readonly revision: string | null
  /** The entry that decides: the stream's own, or a pattern; null where there is none. */
  readonly entry: string | null
  readonly state: 'on' | 'hold' | 'off'
  /** Why its settings cannot be used. */
  readonly problem: string | null
  /** The stream that its events go to instead. */
  readonly goesTo: string | null
  /** Null where they go to the client's `intakeUrl`. */
  readonly destination: string | null
  /** Null where every unit is kept. */
  readonly unit: Unit | null
  readonly rate: number
  readonly provideValues: readonly string[]
  /** What has to hold for an event to be kept; null where nothing has to. */
  readonly curation: Curation | null
  readonly ids: readonly IdExplanation[]
}

/** Whether an event of one unit would go, as far as its id decides. */
export interface IdExplanation {
  readonly id: string
  /** Where it stands between 0 and 1; null where it begins with no hexadecimal digit. */
  readonly draw: number | null
  readonly goes: boolean
  readonly reason: DropReason | null
}

export interface ExplainOptions {
  readonly stream: string
  /** A stream config. Throws where there are no streams in it. */
  readonly config: unknown
  readonly ids: readonly string[]
  /** Of what the ids are. Default: of whatever the stream is sampled by. */
  readonly unit?: Unit | undefined
}

/** Why events of a stream would go or not, by a config, for some ids. */
export function explain({ stream, config: content, ids, unit }: ExplainOptions): StreamExplanation {
  const streams = readStreamsConfig(content)
  const config = streams.of(stream)
  const { reason, sample, held } = config
  return {
    stream,
    revision: config.revision ?? null,
    entry: streams.entryOf(stream)?.name ?? null,
    state: reason === 'killed' ? 'off' : held ? 'hold' : 'on',
    problem: config.why || null,
    goesTo: config.target ?? null,
    destination: isNamed(config.url) ? config.url : null,
    unit: sample?.unit ?? null,
    rate: sample?.rate ?? 1,
    provideValues: config.provideValues,
    curation: config.curation ?? null,
    ids: ids.map((id) => {
      const draw = drawOf(id)
      const isOther = unit !== undefined && sample !== undefined && unit !== sample.unit
      const why = reason ?? (sample && reasonToLeave(sample.rate, isOther ? undefined : draw))
      return { id, draw: Number.isNaN(draw) ? null : draw, goes: !why, reason: why ?? null }
    }),
  }
}
