import { execFileSync } from 'node:child_process'

/** The processes that a process has for queries. */
export function queryProcessesOf(parent: number | undefined): number[] {
  const all = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
  return all
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [])
    .filter(([, , ppid, args]) => Number(ppid) === parent && args?.includes('query-process'))
    .map(([, pid]) => Number(pid))
}

/** Whether a process is there, and no zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z')
  } catch {
    return false // ps found none
  }
}

const LONGEST = 30_000

/** The one process that a process has for queries, once it is there: starting a command takes its time on a busy machine. */
export async function queryProcessOf(parent: number | undefined): Promise<number> {
  const deadline = Date.now() + LONGEST
  for (;;) {
    const [pid, more] = queryProcessesOf(parent)
    if (pid !== undefined && more === undefined) return pid
    if (Date.now() > deadline) throw new Error(`there is no process of ${parent} for queries`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Resolves once a process is gone. */
export async function isGone(pid: number): Promise<void> {
  const deadline = Date.now() + LONGEST
  while (isAlive(pid)) {
    if (Date.now() > deadline) throw new Error(`process ${pid} does not end`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
