// A process of its own: what DuckDB does with its memory, and how it ends, is no matter of the intake's.
import { type QueryRequest, runQuery } from './run-query.ts'

/** How the process answers. What it says is its last, if it asks to be ended. */
export type QueryAnswer = { readonly result: string } | { readonly error: string; readonly endMe?: true }

const WATCH_EVERY = 100
/** What a process holds beside what DuckDB counts, in MB. */
const SLACK = 700
/** For whoever is to end the process to do so. */
const GRACE = 1_000

// Without it, nobody hears the answer. A query that runs would hold up a softer end.
process.on('disconnect', end)

// In a terminal, Ctrl-C reaches this process too. Whoever asked decides what comes of it.
process.on('SIGINT', () => undefined)

process.on('message', (request: QueryRequest) => {
  // DuckDB does not count all that it takes.
  const most = (request.limits.megabytes + SLACK) * 1e6
  const watch = setInterval(() => {
    if (process.memoryUsage.rss() < most) return
    clearInterval(watch)
    answer({ error: 'Out of Memory Error: the query takes too much memory', endMe: true })
    setTimeout(end, GRACE)
  }, WATCH_EVERY)
  void runQuery(request)
    .then(
      (result): QueryAnswer => ({ result: JSON.stringify(result) }),
      (error: Error): QueryAnswer => ({ error: error.message }),
    )
    .then((answered) => {
      clearInterval(watch)
      answer(answered)
    })
})

function answer(answered: QueryAnswer): void {
  process.send?.(answered)
}

function end(): void {
  process.kill(process.pid, 'SIGKILL')
}
