import type { PostedEvent } from './ingest.ts'

/** An event on its way to where it is kept. */
export interface LogRecord {
  readonly stream: string
  /** Its `meta.id`; of the records with one id, the first is stored. Without an id, each is. */
  readonly id: string | undefined
  readonly receivedAt: Date
  readonly event: PostedEvent
}

/** The record that tells of duplicates; undefined where there is nothing to tell. */
export type NoteOf = (duplicates: readonly LogRecord[]) => LogRecord | undefined

/** What is sent can never be stored, however often it comes. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

/** Where events are kept: files of this machine, or Kafka. */
export interface EventSink {
  /** Why an event of a stream with these settings cannot be stored, in words; undefined lets it pass. */
  refusalOf?(
    event: PostedEvent,
    stream: string,
    settings: { readonly [setting: string]: unknown },
  ): string | undefined
  /**
   * Stores records, and if some of them are stored already, what `noteOf` makes of those. Resolves, once they are safe,
   * to the records that are new, that one among them. Rejects if they cannot be stored: then none of them is
   * remembered, and the sender is told to send them again, but for a RefusedError. With `hasty` nobody waits for it to be safe.
   */
  append(
    records: readonly LogRecord[],
    options: { readonly noteOf: NoteOf; readonly hasty?: boolean },
  ): Promise<readonly LogRecord[]>
  /** Why nothing can be stored at present, in words; undefined where all is well, as far as is known. */
  trouble(): string | undefined
  /** Waits for what was appended. */
  close(): Promise<void>
}
