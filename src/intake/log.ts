/** One line of what the intake has to say about itself. */
export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
}

export type Log = (line: LogLine) => void
