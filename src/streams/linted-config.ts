import { type Fields, fieldsOf } from '../core/fields.ts'
import { pointerTo } from '../schema/json-pointer.ts'
import type { Source } from '../schema/source.ts'
import { has } from '../schema/subschemas.ts'
import { TOP } from './known-settings.ts'

/** One thing wrong in a stream config; the rule is a name of `LINT_RULES`. */
export interface Problem {
  readonly rule: string
  /** JSON pointer into the config. */
  readonly pointer: string
  readonly message: string
  readonly level?: 'warning'
}

/** A stream config as the rules look at it. */
export interface LintedConfig {
  readonly content: Fields
  /** Whether the streams stand under `streams`. */
  readonly isWrapped: boolean
  readonly streams: readonly LintedStream[]
}

export interface LintedStream {
  readonly name: string
  readonly pointer: string
  /** As it is written; it may be no object. */
  readonly value: unknown
  readonly settings: Fields
}

/** A setting where a stream has it, and its place. */
export interface Placed {
  readonly value: unknown
  readonly pointer: string
}

export function lintedConfig(found: unknown): LintedConfig {
  const content = fieldsOf(found)
  const isWrapped = content.streams != null
  const streams = isWrapped
    ? Object.entries(fieldsOf(content.streams))
    : Object.entries(content).filter(([name, value]) => !isTopSetting(name, value))
  return {
    content,
    isWrapped,
    streams: streams.map(([name, value]) => ({
      name,
      pointer: pointerTo(isWrapped ? '/streams' : '', name),
      value,
      settings: fieldsOf(value),
    })),
  }
}

/** Whether what stands in a bare map of streams is meant to be a setting beside them. */
export function isTopSetting(name: string, value: unknown): boolean {
  return has(TOP, name) && (value !== fieldsOf(value) || name === 'services')
}

/** A producer setting of the stream: the one under `rivulet` goes before the one under `metrics_platform_client`. */
export function settingOf({ settings, pointer }: LintedStream, name: string): Placed | undefined {
  const producers = fieldsOf(settings.producers)
  const producer = ['rivulet', 'metrics_platform_client'].find((one) => has(fieldsOf(producers[one]), name))
  if (producer === undefined) return undefined
  const value = fieldsOf(producers[producer])[name]
  return { value, pointer: pointerTo(pointer, 'producers', producer, name) }
}

/** The schema that a stream's events carry: `/title/X.Y.Z`, and what it says. */
export interface StreamSchema {
  readonly $schema: string
  readonly source: Source
}
