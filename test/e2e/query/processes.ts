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
