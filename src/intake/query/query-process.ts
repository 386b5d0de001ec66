// A process of its own: what DuckDB does with its memory, and how it ends, is no matter of the intake's.
import { type QueryRequest, runQuery } from './run-query.ts'

/** How the process answers. */
export type QueryAnswer = { readonly result: string } | { readonly error: string }

const WATCH_EVERY = 100
/** What a process holds beside what DuckDB counts, in MB. */
const SLACK = 700

// Without it, nobody hears the answer. A query that runs would hold up a softer end.
process.on('disconnect', end)

process.on('message', (request: QueryRequest) => {
  // DuckDB does not count all that it takes.
  const most = (request.limits.megabytes + SLACK) * 1e6
  const watch = setInterval(() => {
    if (process.memoryUsage.rss() > most)
      answer({ error: 'Out of Memory Error: the query takes too much memory' }, end)
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

function answer(answered: QueryAnswer, then: () => void = () => undefined): void {
  process.send?.(answered, undefined, undefined, then)
}

function end(): void {
  process.kill(process.pid, 'SIGKILL')
}
