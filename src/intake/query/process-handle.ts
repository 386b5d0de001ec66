import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { QUERY_PROCESS } from '../package-files.ts'
import { QueryError } from './query-error.ts'
import type { QueryAnswer } from './query-process.ts'
import type { QueryRequest } from './run-query.ts'

/** A process for queries, that is there when one is asked. */
export interface QueryProcess {
  /**
   * Resolves to the answer as JSON. One request at a time. A signal, with a QueryError as its reason or another, ends
   * the process, whatever it is at, and is what the promise rejects with.
   */
  run(request: QueryRequest, signal: AbortSignal): Promise<string>
  close(): Promise<void>
}

const LONGEST_IDLE = 60_000
const MOST_STDERR = 2_000

/** Starts processes in a folder, with nothing of this one's environment, as there are requests for them. */
export function createQueryProcess(folder: string): QueryProcess {
  let child: ChildProcess | undefined
  let idle: NodeJS.Timeout | undefined

  return {
    async run(request, signal) {
      clearTimeout(idle)
      child ??= start()
      const asked = child
      try {
        asked.ref()
        asked.channel?.ref()
        return await answerOf(asked, request, signal)
      } finally {
        asked.unref()
        asked.channel?.unref()
        idle = setTimeout(() => end(asked), LONGEST_IDLE).unref()
      }
    },

    async close() {
      clearTimeout(idle)
      if (!child) return
      const exited = once(child, 'exit')
      child.ref()
      end(child)
      await exited
    },
  }

  function start(): ChildProcess {
    const { SystemRoot } = process.env // Windows starts nothing without it
    const started = fork(QUERY_PROCESS, {
      cwd: folder,
      env: SystemRoot === undefined ? {} : { SystemRoot },
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    started.on('exit', () => forget(started))
    // Told to those who wait; afterwards nobody is interested.
    started.on('error', () => forget(started))
    ;(started.stderr as unknown as { unref(): void }).unref()
    return started
  }

  function end(ended: ChildProcess): void {
    forget(ended)
    ended.kill('SIGKILL')
  }

  function forget(gone: ChildProcess): void {
    if (child === gone) child = undefined
  }

  function answerOf(asked: ChildProcess, request: QueryRequest, signal: AbortSignal): Promise<string> {
    let stderr = ''
    let settled: () => void = () => undefined
    return new Promise<string>((resolve, reject) => {
      const onAbort = () => {
        end(asked)
        reject(signal.reason)
      }
      const onMessage = (answer: QueryAnswer) => {
        if ('result' in answer) return resolve(answer.result)
        if (answer.endMe) end(asked)
        reject(new QueryError(answer.error))
      }
      const onStderr = (text: Buffer) => {
        stderr = `${stderr}${text}`.slice(-MOST_STDERR)
      }
      const onExit = (code: number | null, by: string | null) =>
        reject(
          new QueryError(
            `the query ended DuckDB's process (${by ?? `exit code ${code}`}); ask for less at once. ${stderr}`.trimEnd(),
          ),
        )
      const onError = (cause: Error) =>
        reject(new QueryError(`DuckDB's process cannot be started (${cause.message})`, { cause }))

      asked.on('message', onMessage).on('exit', onExit).on('error', onError)
      asked.stderr?.on('data', onStderr)
      signal.addEventListener('abort', onAbort)
      settled = () => {
        asked.off('message', onMessage).off('exit', onExit).off('error', onError)
        asked.stderr?.off('data', onStderr)
        signal.removeEventListener('abort', onAbort)
      }
      if (signal.aborted) return onAbort()
      asked.send(request, (error) => error && onError(error))
    }).finally(() => settled())
  }
}
