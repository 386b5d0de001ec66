/** One line of what the intake has to say about itself. Never an event's content, nor a secret. */
export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  /** For people, and whole without the fields. */
  readonly message: string
  /** For programs: what it is about. */
  readonly fields?: { readonly [field: string]: unknown }
}

export type Log = (line: LogLine) => void

// Of lines that are the same, so many are told at once, and then how many more there were in the time.
const TOLD_AT_ONCE = 5
const WITHIN = 10_000
// A message may hold what a request says.
const MOST_MESSAGES = 1_000

/** A log that is not flooded: what a fault says at each request is told a few times, and then counted. */
export function withoutFloods(log: Log): Log {
  const seen = new Map<string, number>()
  return (line) => {
    const { level, message } = line
    const times = (seen.get(message) ?? 0) + 1
    if (level === 'info' || (times === 1 && seen.size >= MOST_MESSAGES)) return log(line)
    seen.set(message, times)
    if (times <= TOLD_AT_ONCE) log(line)
    if (times > 1) return
    setTimeout(() => {
      const untold = seen.get(message)! - TOLD_AT_ONCE
      seen.delete(message)
      if (untold > 0) log({ ...line, message: `${message} (${untold} times more in ${WITHIN / 1_000} s)` })
    }, WITHIN).unref()
  }
}
