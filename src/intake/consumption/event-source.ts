/** Where a reader stands in a partition of a topic, in EventStreams' form: the offset of what it is to get next. */
export interface Place {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** A place as readers may name it. */
export interface Position extends Omit<Place, 'offset'> {
  /** -1 is the end, as it is then. */
  readonly offset?: number
  /** In ms since 1970: the first message received then or later. `offset` wins. */
  readonly timestamp?: number
}

/** Where a reader begins. */
export interface From {
  readonly positions?: readonly Position[] | undefined
  /** In ms since 1970, for what `positions` does not name. Without it, that begins at the end. */
  readonly since?: number | undefined
}

/** A stored event, and where in its partition the next one begins. */
export interface Message {
  readonly topic: string
  readonly partition: number
  /** Of the next message. */
  readonly next: number
  /** As it is stored, a JSON object without line breaks. */
  readonly json: string
}

/** Reads what an `EventSink` keeps, in the order of each partition. */
export interface EventSource {
  /** The topics that a stream's events are in; empty where there is no such stream. */
  topicsOf(stream: string): readonly string[]
  /** A place for each partition of these topics. An offset behind the end is the end. */
  positions(topics: readonly string[], from: From): Promise<readonly Place[]>
  /**
   * What is stored from there on, and then what comes, some messages at a time, until the signal aborts, which ends it
   * without an error. No faster than it is asked for. Where the oldest is no longer kept, it goes on with what is.
   */
  read(from: readonly Place[], signal: AbortSignal): AsyncIterable<readonly Message[]>
  close(): Promise<void>
}
