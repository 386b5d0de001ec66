import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { open, readdir, readFile, stat, unlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environment } from '../core/environment.ts'
import { attempt } from '../core/fields.ts'
import { atExit, isExiting } from './at-exit.ts'
import { hasEnded, ownMark } from './process-mark.ts'

// Who makes the file of the next number has the turn, since a system makes a file of one name only once. Nobody deletes
// a file but whoever has made one of a higher number, so none that takes over a turn can take away the next one's: there
// is no moment between seeing a lock and deleting it.

/** In ms: how often a turn that somebody else has is asked for. */
const POLL = 200

/** In ms: how often a holder shows that it lives, and when one that has not is taken for dead or hung. */
const BEAT = 3000
const SILENT_FOR = 15_000

const FREE = 'free'

/** What is seen of a holder. */
interface Sight {
  readonly name: string
  readonly beat: number
  /** Since when, by this process's clock, which nobody sets. */
  readonly since: number
}

/**
 * One at a time of each name, over all clients and processes on the folder. Where the folder does not work, nothing is
 * shared with others, and each goes at once.
 */
export function createFileTurns(folder: string): Environment['alone'] {
  const lasts = new Map<string, Promise<void>>()
  const sights = new Map<string, Sight>()

  return async (name, work) => {
    const before = lasts.get(name)
    const mine = inFolder(name, work, before)
    const settled = mine.catch(() => 'the next one may go').then(() => {})
    lasts.set(name, settled)
    await mine
    if (lasts.get(name) === settled) lasts.delete(name)
  }

  async function inFolder(
    name: string,
    work: (isMine: () => boolean) => Promise<void>,
    before?: Promise<void>,
  ): Promise<void> {
    await before
    const turn = `turn-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`
    const path = await take(turn).catch(() => undefined)
    if (isExiting()) return
    if (!path) return work(() => true)

    let heard = performance.now()
    let isLost = false
    const beating = setInterval(async () => {
      const at = performance.now()
      try {
        await utimes(path, new Date(), new Date())
        heard = at
      } catch {
        // Taken over, or deleted along with all the rest.
        isLost = true
      }
    }, BEAT)
    beating.unref()
    const letGo = () => attempt(() => setFree(path))
    const stopWaitingForExit = atExit(letGo)
    try {
      await work(() => !isLost && performance.now() - heard < SILENT_FOR)
    } finally {
      clearInterval(beating)
      stopWaitingForExit()
      letGo()
    }
  }

  /** The path of the turn's file, once it is taken. */
  async function take(turn: string): Promise<string> {
    for (;;) {
      const last = await lastOf(turn)
      if (last && (await isHeld(turn, `${turn}.${last}`))) {
        await new Promise((resolve) => setTimeout(resolve, POLL).unref())
        continue
      }
      const path = await make(join(folder, `${turn}.${last + 1}`))
      // It was made from an old sight where a higher one is there: then it is no turn, and nobody else's to delete.
      if (path && (await lastOf(turn)) === last + 1) {
        for (const number of await numbersOf(turn))
          if (number <= last) await remove(join(folder, `${turn}.${number}`))
        return path
      }
      if (path) await remove(path)
    }
  }

  async function numbersOf(turn: string): Promise<number[]> {
    const names = await readdir(folder)
    return names.filter((name) => name.startsWith(`${turn}.`)).map((name) => Number(name.split('.')[1]))
  }

  async function lastOf(turn: string): Promise<number> {
    return Math.max(0, ...(await numbersOf(turn)))
  }

  async function isHeld(turn: string, name: string): Promise<boolean> {
    const path = join(folder, name)
    // Gone: somebody else has the next one, and is seen when it is looked for again.
    const text = await readFile(path, 'utf8').catch(() => ownMark())
    if (text.startsWith(FREE) || hasEnded(text)) return false
    const beat = (await stat(path).catch(() => ({ mtimeMs: 0 }))).mtimeMs
    const seen = sights.get(turn)
    const isSame = seen?.name === name && seen.beat === beat
    if (!isSame) sights.set(turn, { name, beat, since: performance.now() })
    return !isSame || performance.now() - seen.since < SILENT_FOR
  }
}

/** Undefined where somebody else has made it. */
async function make(path: string): Promise<string | undefined> {
  try {
    const handle = await open(path, 'wx', 0o600)
    await handle.writeFile(ownMark()).finally(() => handle.close())
    return path
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return
    throw cause
  }
}

function remove(path: string): Promise<void> {
  return unlink(path).catch(() => {}) // somebody else was quicker
}

/** In place, and only where it is still there: whoever took it over has deleted it. */
function setFree(path: string): void {
  writeFileSync(path, FREE, { flag: 'r+' })
}
