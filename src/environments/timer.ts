import type { Environment } from '../core/environment.ts'

/** A longer one would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1

/** Where a timer holds up nothing. */
export function after(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.min(ms, LONGEST_TIMER))
  return () => clearTimeout(timer)
}

/** Where it may be a process that it would hold up, which it then does only if told so. */
export const afterInProcess: Environment['after'] = (
  ms,
  callback,
  { holdProcess } = { holdProcess: false },
) => {
  const timer: number | { unref?(): void } = setTimeout(callback, Math.min(ms, LONGEST_TIMER))
  if (!holdProcess && typeof timer === 'object') timer.unref?.()
  return () => clearTimeout(timer as number)
}
