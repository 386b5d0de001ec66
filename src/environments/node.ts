import type { Environment } from '../core/environment.ts'
import { createFileQueue, type FileQueue } from './file-queue.ts'
import type { Fsync } from './file-store.ts'
import { createIds } from './ids.ts'
import { httpUrl, request } from './http.ts'

/** A longer one would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1

export interface NodeEnvironmentOptions {
  /** Default: none, the queue is in memory. */
  readonly queueDir?: string | undefined
  /** Default: interval. */
  readonly fsync?: Fsync | undefined
}

/** A queue in memory: nothing survives the process, and what lives as long as it does is kept by whoever made it. */
const IN_MEMORY: FileQueue = {
  memo: { read: () => undefined, write: () => {} },
  // The queue is the client's own.
  alone: (_, work) => work(() => true),
  phase: () => 'visible',
  onPhase: () => () => {},
  forget: () => {},
}

/** A Node process: no page and no device, a session that ends with 30 minutes of idleness. */
export function nodeEnvironment({ queueDir, fsync = 'interval' }: NodeEnvironmentOptions = {}): Environment {
  const now = () => Date.now()
  const warn: Environment['warn'] = (message, cause = '') => console.warn(`rivulet: ${message}`, cause)
  const queue = queueDir ? createFileQueue({ queueDir, fsync, warn }) : IN_MEMORY
  // A session is the process's own: it knows of no visitor that it would share with others.
  const { eventId, ids, forget } = createIds({ now, memo: IN_MEMORY.memo })
  return {
    ...queue,
    eventId,
    ids: { ...ids, pageview: () => undefined, device: () => undefined },
    context: {},
    forget: () => {
      forget()
      queue.forget()
    },
    now,
    random: Math.random,
    resolve: httpUrl,
    after: (ms, callback, { holdProcess } = { holdProcess: false }) => {
      const timer = setTimeout(callback, Math.min(ms, LONGEST_TIMER))
      if (!holdProcess) timer.unref()
      return () => clearTimeout(timer)
    },
    get: createGet(),
    // A process that exits does not hear an answer, nor gets a request out.
    post: async (url, body) => (queue.phase() === 'gone' ? 'unsent' : request(url, { method: 'POST', body })),
    // Nobody asks: what tells a blocker from a server that is gone is only of use in a page.
    answers: async () => false,
    tell: () => {},
    onTold: () => () => {},
    gpc: () => false,
    warn,
  }
}

/** Node's fetch has no cache of its own: what was read last is kept with its ETag. */
function createGet(): Environment['get'] {
  const kept = new Map<string, { etag: string; text: string }>()
  return async (url) => {
    const known = kept.get(url)
    const answer = await request(url, known ? { headers: { 'if-none-match': known.etag } } : {})
    if (known && answer.status === 304) return { ...answer, status: 200, text: known.text }
    const etag = answer.headers?.get('etag')
    if (etag && answer.status === 200) kept.set(url, { etag, text: answer.text })
    return answer
  }
}
