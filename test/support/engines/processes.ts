import { readdir, readFile } from 'node:fs/promises'
import type { Renderer, Tab } from './engine.ts'

/** How long, in ms, a renderer is kept busy to find it. */
const BUSY_FOR = 400

/** All processes that have descended from this one. */
async function descendantsOf(ancestor: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const stats = await Promise.all(pids.map(async (pid) => ({ pid, ...(await statOf(pid)) })))
  const childrenOf = (parent: number): number[] =>
    stats.filter((stat) => stat.parent === parent).flatMap(({ pid }) => [pid, ...childrenOf(pid)])
  return childrenOf(ancestor)
}

/** Ends a process that we have started, and all its descendants. */
export async function killTree(root: number): Promise<void> {
  const pids = [root, ...(await descendantsOf(root))]
  for (const pid of pids) kill(pid)
}

/** The renderer of a page, among the processes of its browser: the one that works most while the page is kept busy. */
export async function findRenderer(browser: number, run: Tab['run']): Promise<Renderer> {
  // Where other programs want the processors too, the page may get next to nothing of them.
  for (let attempt = 1; ; attempt++) {
    const pid = await busiest(browser, () => run(keepBusy, BUSY_FOR))
    if (pid) return { kill: async () => kill(pid) }
    if (attempt === 3) throw new Error('no process was busy while the page was')
  }
}

function keepBusy(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

async function busiest(root: number, work: () => Promise<void>): Promise<number | undefined> {
  const pids = await descendantsOf(root)
  const before = await Promise.all(pids.map(ticksOf))
  await work()
  const after = await Promise.all(pids.map(ticksOf))
  // One that has ended meanwhile has no time to tell.
  const spent = pids.map((pid, index) => ({ pid, ticks: after[index]! - before[index]! || 0 }))
  const [most] = spent.sort((a, b) => b.ticks - a.ticks)
  // A tick is 10 ms. The idle ones need one now and then.
  return most && most.ticks * 10 >= BUSY_FOR / 5 ? most.pid : undefined
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

async function ticksOf(pid: number): Promise<number> {
  return (await statOf(pid)).ticks
}

/** See proc(5). The name of the program, in parentheses, may have spaces. */
async function statOf(pid: number): Promise<{ parent: number; ticks: number }> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }
}

/** Waits until a program has printed what is looked for, and goes on reading, or the program would stand still. */
export function printed(output: NodeJS.ReadableStream, wanted: RegExp): Promise<RegExpExecArray> {
  let text = ''
  return new Promise((resolve, reject) => {
    output.on('data', (chunk) => {
      // It may print for minutes after what was looked for.
      if (text.length < 100_000) text += chunk
      const found = wanted.exec(text)
      if (found) resolve(found)
    })
    output.on('end', () => reject(new Error(`it ended without ${wanted}: ${text}`)))
  })
}
