import { attempt } from '../core/fields.ts'

const works = new Set<() => void>()
let exiting = false

/** Whether this process ends with the task of now: nothing asynchronous happens any more. */
export const isExiting = (): boolean => exiting

/** To be done, at once and in this order, when the process ends. The returned function takes it back. */
export function atExit(work: () => void): () => void {
  // One listener for all: Node warns of more than ten.
  if (!works.size) process.on('exit', beginExit)
  works.add(work)
  return () => {
    works.delete(work)
    if (!works.size) process.off('exit', beginExit)
  }
}

/** At `exit`, and where there will be none: before a signal that nothing in this process survives. */
export function beginExit(): void {
  exiting = true
  // One that fails is not to keep the others from theirs.
  for (const work of works) attempt(work)
}
