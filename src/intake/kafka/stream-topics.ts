type Settings = { readonly [setting: string]: unknown }

/**
 * The topics of a stream, as EventStreamConfig computes them: `topics` as they are, else each of `topic_prefixes` before
 * the stream's name, else the name. A pattern among `topics` stands for the names that it matches.
 */
export function topicsOf(stream: string, { topics, topic_prefixes: prefixes }: Settings): readonly string[] {
  const named = texts(topics).filter((topic) => !topic.startsWith('/'))
  if (named.length > 0) return named
  const before = texts(prefixes)
  return before.length > 0 ? before.map((prefix) => `${prefix}${stream}`) : [stream]
}

/** The one of them that is written to: it begins with this prefix, or is the first. */
export function topicFor(stream: string, settings: Settings, prefix = ''): string {
  const topics = topicsOf(stream, settings)
  return topics.find((topic) => topic.startsWith(prefix)) ?? topics[0]!
}

/** What Kafka has against a topic's name. */
export function problemOfTopic(topic: string): string | undefined {
  if (/^[\w.-]{1,249}$/.test(topic) && topic !== '.' && topic !== '..') return undefined
  return `Kafka takes no topic named "${topic}": at most 249 letters, digits, ".", "_" and "-"`
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
