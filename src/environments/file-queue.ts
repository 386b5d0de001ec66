import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { threadId } from 'node:worker_threads'
import type { Environment, Phase } from '../core/environment.ts'
import { attempt } from '../core/fields.ts'
import { atExit, isExiting } from './at-exit.ts'
import { createFileStore, type FileStoreOptions } from './file-store.ts'
import { createFileTurns } from './file-turns.ts'
import { ownMark } from './process-mark.ts'

/** The 1 is the version of the layout: what another version keeps stays for the client that can read it. */
const LAYOUT = 'rivulet-1'

export interface FileQueueOptions extends Pick<FileStoreOptions, 'fsync'> {
  readonly queueDir: string
}

/**
 * The platform with its queue in files, which survives the process, however it ends: what was written is there, and at
 * an exit that the process hears of, all that was submitted. A folder that does not work throws nothing: the queue goes
 * on in memory. Ids stay the platform's own, so that no two processes share a session.
 */
export function withFileQueue(platform: Environment, { queueDir, fsync }: FileQueueOptions): Environment {
  // The process may go to another folder.
  const folder = join(resolve(queueDir), LAYOUT)
  // Before anybody asks for a turn in it. Why it cannot be made, the queue says when it reads it.
  attempt(() => mkdirSync(folder, { recursive: true, mode: 0o700 }))
  const store = createFileStore({ folder, fsync, warn: platform.warn })
  const life = watchExit()
  return {
    ...platform,
    ...life,
    records: store,
    memo: fileMemo(folder),
    alone: createFileTurns(folder),
    forget: () => {
      platform.forget()
      store.clear()
    },
    // What exits does not hear an answer, nor gets a request out.
    post: async (url, body) => (life.phase() === 'gone' ? 'unsent' : platform.post(url, body)),
  }
}

function fileMemo(folder: string): Environment['memo'] {
  // A key may be a URL.
  const pathOf = (key: string) =>
    join(folder, `memo-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`)
  return {
    read: (key) => attempt(() => readFileSync(pathOf(key), 'utf8')),
    // Whoever writes keeps what it needs for this process.
    write: (key, text) =>
      attempt(() => {
        // What a page leaves behind for want of time, a process that exits has in its log.
        if (isExiting()) return
        const path = pathOf(key)
        // Threads of a process have one mark.
        const whole = `${path}.${ownMark()}-${threadId}.tmp`
        writeFileSync(whole, text, { mode: 0o600 })
        renameSync(whole, path)
      }),
  }
}

/** A process is visible until it exits. What it does then, it does at once. */
function watchExit(): Pick<Environment, 'phase' | 'onPhase' | 'soon'> {
  const listeners = new Set<(phase: Phase) => void>()
  const phase = () => (isExiting() ? 'gone' : 'visible')
  let stopWaitingForExit = () => {}
  return {
    phase,
    onPhase: (listener) => {
      if (!listeners.size) {
        stopWaitingForExit = atExit(() => {
          for (const listener of listeners) listener('gone')
        })
      }
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        // A client that is closed is not kept until then.
        if (!listeners.size) stopWaitingForExit()
      }
    },
    soon: (work) => {
      if (isExiting()) work()
      else void Promise.resolve().then(work)
    },
  }
}
