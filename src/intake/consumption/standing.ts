import type { Message, Place } from './event-source.ts'

/** Where a reader stands in all partitions that it reads. */
export interface Standing {
  /** As the id of an event: what a reader sends back to get what comes next. In ASCII, since it comes in a header. */
  id(): string
  /** Goes on to behind this message. */
  pass(message: Message): void
}

export function createStanding(places: readonly Place[]): Standing {
  // Written for each event, so most of it is made once.
  const parts = places.map(({ topic, partition, offset }) => {
    const begin = `{"topic":${inAscii(JSON.stringify(topic))},"partition":${partition},"offset":`
    return { topic, partition, begin, text: `${begin}${offset}}` }
  })

  return {
    id: () => `[${parts.map(({ text }) => text).join(',')}]`,
    pass({ topic, partition, next }) {
      const part = parts.find((one) => one.topic === topic && one.partition === partition)!
      part.text = `${part.begin}${next}}`
    },
  }
}

function inAscii(json: string): string {
  return json.replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
