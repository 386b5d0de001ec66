import type { Admin } from '@platformatic/kafka'
import { abandon, clientOptions, inWords, type KafkaLibrary, partsOf } from './kafka-library.ts'
import type { KafkaOptions } from './kafka-options.ts'

/** What the brokers have, as it was looked up. */
export interface Topics {
  /** How many partitions each has. Rejects with a TopicError where one cannot be used, else where no broker answers. */
  partitionsOf(topics: Iterable<string>): Promise<ReadonlyMap<string, number>>
  /** Why a topic cannot be used, as far as is known. Asks anew behind the caller's back. */
  problemOf(topic: string): string | undefined
  /** Resolves where a broker answers. */
  reach(): Promise<void>
  /** What was looked up may be wrong. */
  forget(): void
  close(): void
}

/** A topic that cannot be used. */
export class TopicError extends Error {
  override readonly name = 'TopicError'
}

const KNOWN_FOR = 5 * 60_000
const PROBLEM_FOR = 5_000
/** As long as brokers may take to make a topic that is asked for first. */
const MADE_WITHIN = 5_000
const LOOK_AGAIN_AFTER = 100
const MOST_PROBLEMS = 10_000

export function createTopics({
  library,
  options,
  onProblem,
}: {
  library: KafkaLibrary
  options: KafkaOptions
  /** Called once for each that cannot be used. */
  onProblem: (problem: string) => void
}): Topics {
  const known = new Map<string, { readonly partitions: number; readonly at: number }>()
  const problems = new Map<string, { readonly problem: string; readonly at: number }>()
  const looking = new Map<string, Promise<number>>()
  let client: Admin | undefined
  let isClosed = false

  return {
    async partitionsOf(topics) {
      const counts = [...topics].map(async (topic): Promise<[string, number]> => {
        const { partitions, at } = known.get(topic) ?? { partitions: 0, at: 0 }
        return [topic, Date.now() - at < KNOWN_FOR ? partitions : await lookUp(topic)]
      })
      return new Map(await Promise.all(counts))
    },
    problemOf(topic) {
      const found = problems.get(topic)
      if (found && Date.now() - found.at > PROBLEM_FOR) lookUp(topic).catch(() => undefined) // it shows in `problems`
      return found?.problem
    },
    reach: async () => void (await metadata([])),
    forget: () => known.clear(),
    close() {
      isClosed = true
      abandon(client)
    },
  }

  function lookUp(topic: string): Promise<number> {
    const found = looking.get(topic) ?? look(topic).finally(() => looking.delete(topic))
    looking.set(topic, found)
    return found
  }

  async function look(topic: string): Promise<number> {
    const from = Date.now()
    for (;;) {
      try {
        const { topics } = await metadata([topic])
        const partitions = topics.get(topic)!.partitionsCount
        known.set(topic, { partitions, at: Date.now() })
        problems.delete(topic)
        return partitions
      } catch (error) {
        const problem = problemIn(error, topic)
        if (problem === undefined) throw error
        if (problem.isFinal || Date.now() - from > MADE_WITHIN) throw refused(topic, problem.words)
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_AFTER))
    }
  }

  function refused(topic: string, words: string): TopicError {
    const problem = `topic "${topic}" ${words}`
    if (problems.get(topic)?.problem !== problem) onProblem(problem)
    problems.set(topic, { problem, at: Date.now() })
    // Where a pattern makes streams of whatever name is posted.
    if (problems.size > MOST_PROBLEMS) problems.delete(problems.keys().next().value!)
    known.delete(topic)
    return new TopicError(problem)
  }

  async function metadata(topics: string[]) {
    if (isClosed) throw new Error('the intake is being stopped')
    client ??= new library.Admin(clientOptions(options))
    const asked = client
    try {
      // As Java's producer does: brokers that make topics by themselves make those that are asked for.
      return await asked.metadata({ topics, autocreateTopics: true, forceUpdate: true })
    } catch (error) {
      if (!problemIn(error, '') && client === asked) {
        abandon(client)
        client = undefined
      }
      throw error
    }
  }
}

/** What an answer says of a topic; undefined where there was none. */
function problemIn(error: unknown, topic: string): { words: string; isFinal: boolean } | undefined {
  // The library tells of no code here.
  if ((error as Error).message.startsWith('Unknown topic'))
    return {
      words: `is not there, and the brokers make none by themselves; create it with kafka-topics.sh --create --topic ${topic}`,
      isFinal: false,
    }
  const parts = partsOf(error)
  if (!parts.every(({ apiId }) => apiId !== undefined)) return undefined
  return { words: `cannot be used: ${inWords(error)}`, isFinal: parts.some(({ canRetry }) => !canRetry) }
}
