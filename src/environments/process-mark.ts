import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { attempt } from '../core/fields.ts'

let place: string | undefined
let own: string | undefined

/** Names this process: `place-pid-start`. A pid alone is given to another process some day. */
export function ownMark(): string {
  own ??= `${ownPlace()}-${process.pid}-${startOf(process.pid) ?? 0}`
  return own
}

/** Whether the process of the mark has ended; false where that cannot be known. */
export function hasEnded(mark: string): boolean {
  const [where, pid, start] = mark.split('-')
  return where === ownPlace() && start !== '0' && startOf(Number(pid)) !== start
}

/** Where pids mean the same: this machine since it was started, and on it this container. */
function ownPlace(): string {
  place ??= createHash('sha256')
    .update(
      attempt(
        () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8') + readlinkSync('/proc/self/ns/pid'),
      ) ?? hostname(),
    )
    .digest('hex')
    .slice(0, 12)
  return place
}

/** When a process was started, in ticks since the machine was; undefined where there is none, or no /proc. */
function startOf(pid: number): string | undefined {
  // Its name comes first, in parentheses, and may hold anything. What was killed and not yet waited for is a zombie.
  const [state, ...fields] = (attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? '')
    .replace(/^.*\) /s, '')
    .split(' ')
  return /[ZX]/.test(state!) ? undefined : fields[18]
}
