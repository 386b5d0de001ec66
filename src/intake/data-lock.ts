import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import { createServer } from 'node:net'
import { codeOf, IntakeError } from './intake-error.ts'

/**
 * Holds a data folder for this process, since two intakes would each store an event once; resolves to what lets it go.
 * The lock is an abstract socket, which the kernel takes back however the process ends. Other systems than Linux have
 * none, and no lock.
 */
export async function lockData(folder: string): Promise<() => void> {
  if (process.platform !== 'linux') return () => undefined

  const name = createHash('sha256').update(realpathSync(folder)).digest('hex')
  const lock = createServer()
  try {
    lock.listen(`\0rivulet-intake-${name}`)
    await once(lock, 'listening')
  } catch (cause) {
    const reason =
      codeOf(cause) === 'EADDRINUSE' ? 'another intake stores its events there' : (cause as Error).message
    throw new IntakeError(
      `${folder}: the data folder cannot be used (${reason}); stop that one, or name another folder`,
      { cause },
    )
  }
  lock.unref()
  return () => void lock.close()
}
