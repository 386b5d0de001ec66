import { afterInProcess } from '../environments/timer.ts'

/** The time that a client goes by: its clock and its timers. */
export interface Time {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls back after `ms`; the returned function takes it back. Keeps a process alive only where told. */
  after(ms: number, callback: () => void, options?: { readonly holdProcess: boolean }): () => void
}

/** Time that stands still until it is driven on. */
export interface DrivenTime extends Time {
  /** Runs what is due within the next `ms`, each timer at its time, and what follows from it. */
  pass(ms: number): Promise<void>
  /** Sets the clock, as a user or a time server does it: no timer runs. */
  set(time: number | string | Date): void
}

// As they were before a test put its own in their place. Node and most of its test environments have the first.
const { setImmediate: immediately, setTimeout: later } = globalThis

/**
 * A clock for tests that no test has to wait for. Default of `start`, in ms since 1970, as a Date or in ISO 8601: the
 * real time.
 */
export function createDrivenTime({
  start = Date.now(),
}: {
  readonly start?: number | string | Date
} = {}): DrivenTime {
  let elapsed = 0
  let offset = timeOf(start)
  let timers: { readonly due: number; readonly callback: () => void }[] = []

  return {
    now: () => Math.floor(offset + elapsed),
    after: (ms, callback) => {
      const timer = { due: elapsed + Math.max(0, ms), callback }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    pass: async (ms) => {
      const end = elapsed + ms
      await settled()
      for (;;) {
        const [next] = timers.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)
        if (!next) break
        timers = timers.filter((timer) => timer !== next)
        elapsed = Math.max(elapsed, next.due)
        next.callback()
        await settled()
      }
      elapsed = end
    },
    set: (time) => {
      offset = timeOf(time) - elapsed
    },
  }
}

/** The machine's own, or what a test runner's fake timers make of it. */
export const systemTime: Time = {
  now: () => Date.now(),
  after: afterInProcess,
}

/** Resolves when every promise that can go on has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => (immediately ?? later)(resolve))
}

function timeOf(time: number | string | Date): number {
  const ms = typeof time === 'string' ? Date.parse(time) : Number(time)
  if (Number.isNaN(ms))
    throw new TypeError(`${time} is no time: wanted are ms since 1970, a Date, or ISO 8601`)
  return ms
}
