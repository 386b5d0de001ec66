import type { ServerResponse } from 'node:http'
import { createEventStream } from './event-stream.ts'
import type { ServedConfig, StreamConfigs } from './stream-configs.ts'

/** The stream config as server-sent events: at first as it is, then each new version. */
export interface ConfigFeed {
  /** Sends to this response until it closes; false where there are too many readers. */
  connect(response: ServerResponse): boolean
  /** How many listen. */
  readers(): number
  close(): void
}

/** In ms. Readers come back spread over a time, also after a restart that cut them all off. */
const COME_BACK = { after: 2_000, within: 8_000 }

export function createConfigFeed(configs: StreamConfigs): ConfigFeed {
  const readers = createEventStream()
  configs.onChange((served) => readers.send(messageOf(served)))

  return {
    connect(response) {
      const after = Math.round(COME_BACK.after + Math.random() * COME_BACK.within)
      return readers.connect(response, [`retry: ${after}\n\n`, messageOf(configs.served())])
    },
    readers: readers.readers,
    close: readers.close,
  }
}

const messageOf = ({ body, revision }: ServedConfig) => `event: config\nid: ${revision}\ndata: ${body}\n\n`
