import { type Counts, queuedIn } from '../core/ledger.ts'
import { checkOptions, type StreamSchemas } from '../core/options.ts'
import { withFileQueue } from '../environments/file-queue.ts'
import { httpUrl } from '../environments/http.ts'
import { sendToken } from '../environments/intake-token.ts'
import { nodeEnvironment } from '../environments/node.ts'
import {
  createPagelessClient,
  disposable,
  PAGELESS_OPTIONS,
  type PagelessClient,
  type PagelessOptions,
} from '../environments/pageless-client.ts'
import { atProcessEnd } from '../environments/process-end.ts'

export type * from './types.ts'
export type { AsyncDispose, PagelessClient, PagelessOptions } from '../environments/pageless-client.ts'

/** What `createClient` takes in Node, beside the options for browsers. */
export interface NodeClientOptions<Schemas extends StreamSchemas = StreamSchemas>
  extends PagelessOptions<Schemas> {
  /**
   * A folder in which events are kept until the intake has answered for them, shared by all processes that name it.
   * Default: none, they are in memory.
   */
  readonly queueDir?: string
  /**
   * When what is in `queueDir` is forced to the disk, so that it survives a power cut, too: `always`, before an event
   * counts as kept; `interval`, a second later; `never`, when the system does it. What a process has written survives
   * its end in any case. Default: `interval`.
   */
  readonly fsync?: 'always' | 'interval' | 'never'
  /**
   * For how long, in ms, the end of the process is held up at most while what is queued is sent: where nothing is left
   * to do, and at SIGTERM and SIGINT. With 0 it is not, and the process is not listened to. Default: 2,000.
   */
  readonly exitTimeout?: number
}

const NODE_OPTIONS = new Map([
  ...PAGELESS_OPTIONS,
  ['queueDir', 'string'],
  ['fsync', 'always or interval or never'],
  ['exitTimeout', 'number'],
])

/**
 * A client for this process; make one, and `await events.close()` before `process.exit()`. Its timers and requests keep
 * no process alive; what is queued when it ends is sent within `exitTimeout`. What could not be sent by then is lost
 * with a queue in memory, and with `queueDir` it is the next process's. Throws a TypeError on a wrong option, and nothing
 * else ever throws.
 */
export function createClient<Schemas extends StreamSchemas = StreamSchemas>(
  given: NodeClientOptions<Schemas>,
): PagelessClient<Schemas> {
  checkOptions(given, httpUrl, NODE_OPTIONS)
  const { queueDir, fsync = 'interval', exitTimeout = 2000, intakeToken, ...options } = given
  const platform = nodeEnvironment(sendToken({ intakeUrl: given.intakeUrl, intakeToken }))
  const environment = queueDir ? withFileQueue(platform, { queueDir, fsync }) : platform
  const client = createPagelessClient(options, environment)
  if (exitTimeout <= 0) return disposable(client)

  const flush = () => client.flush({ timeout: exitTimeout })
  const isInFolder = () => Boolean(environment.records) && client.explain('').consent === 'granted'
  const leave = atProcessEnd({
    flush,
    close: () => {
      const late = new Promise<void>((resolve) => {
        environment.after(exitTimeout, resolve, { holdProcess: true })
      })
      return Promise.race([late, flush().then(client.close)])
    },
    // What was closed above is lost as well: with a folder, it is what was not to be in it.
    lost: () => (isInFolder() ? 0 : queuedIn(client.ledger())) + closedIn(client.ledger()),
  })
  return disposable({ ...client, close: () => client.close().finally(leave) })
}

function closedIn(counts: Counts): number {
  return Object.values(counts).reduce((sum, { closed = 0 }) => sum + closed, 0)
}
