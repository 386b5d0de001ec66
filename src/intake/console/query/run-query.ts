import { useEffect, useRef, useState } from 'preact/hooks'
import { Refusal, request, send } from '../api.ts'
import type { QueryResult } from '../contract.ts'

/** What became of the last query, and whether one runs. */
export interface Running {
  readonly isRunning: boolean
  /** Of the query in `sql`; the one before stays while the next runs. */
  readonly result: QueryResult | undefined
  readonly refusal: Refusal | undefined
  readonly sql: string
  run(sql: string): Promise<void>
  /** The server stops working on it when its reader is gone. */
  cancel(): void
}

/** Runs one query at a time: the next one calls the last one off. */
export function useQuery(): Running {
  const [isRunning, setRunning] = useState(false)
  const [answer, setAnswer] = useState<{ sql: string; result?: QueryResult; refusal?: Refusal }>({ sql: '' })
  const running = useRef<AbortController | null>(null)

  const cancel = () => running.current?.abort()
  useEffect(() => cancel, [])
  const run = async (sql: string) => {
    cancel()
    const mine = new AbortController()
    running.current = mine
    setRunning(true)
    const next = await answerTo(sql, mine.signal)
    if (running.current !== mine) return
    setAnswer({ sql, ...next })
    setRunning(false)
  }
  return { isRunning, result: answer.result, refusal: answer.refusal, sql: answer.sql, run, cancel }
}

async function answerTo(
  sql: string,
  signal: AbortSignal,
): Promise<{ result: QueryResult } | { refusal: Refusal }> {
  try {
    return { result: await send<QueryResult>('POST', '/api/query', { sql }, {}, signal) }
  } catch (refusal) {
    return { refusal: refusal as Refusal }
  }
}

/** The whole result of a query as a file, which is handed to the browser to keep. Rejects with a `Refusal`. */
export async function download(sql: string, { format, name }: { format: 'csv' | 'parquet'; name: string }) {
  const answer = await request(`/api/query/${format}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sql }),
  })
  const file = await answer.blob().catch((cause) => {
    const detail = 'The file broke off before it was whole. Try again, or ask for less.'
    throw new Refusal({ status: 0, title: 'No connection', detail }, cause)
  })
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = `${name.trim().replace(/[^\w.-]+/g, '-') || 'query'}.${format}`
  link.click()
  // Not at once: the browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
