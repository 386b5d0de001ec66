import type { Views } from '../contract.ts'

/** A query to begin with, for whoever does not know the data. */
export interface StarterQuery {
  readonly title: string
  readonly sql: string
}

const BY_VIEW: { readonly [view: string]: readonly StarterQuery[] } = {
  events: [
    {
      title: 'Events by stream',
      sql: `-- An event that was kept at rate 0.1 stands for ten: its weight.
SELECT stream, round(sum(weight)) AS events, count(*) AS stored
FROM events
GROUP BY stream
ORDER BY events DESC`,
    },
    {
      title: 'Events per hour',
      sql: `SELECT date_trunc('hour', received_at) AS hour, stream, round(sum(weight)) AS events
FROM events
WHERE day >= current_date - 7
GROUP BY hour, stream
ORDER BY hour`,
    },
    {
      title: 'Events per day',
      sql: `SELECT day, round(sum(weight)) AS events
FROM events
GROUP BY day
ORDER BY day`,
    },
    {
      title: 'Newest events',
      sql: `SELECT received_at, stream, session, domain, sdk, id
FROM events
WHERE day >= current_date - 1
ORDER BY received_at DESC
LIMIT 100`,
    },
    {
      title: 'Rates in force, by revision',
      sql: `SELECT stream, revision, unit, rate, count(*) AS stored, min(received_at) AS since
FROM events
GROUP BY stream, revision, unit, rate
ORDER BY stream, since`,
    },
  ],
  rejected: [
    {
      title: 'Rejected by reason',
      sql: `SELECT coalesce(problems[1], message) AS reason, stream, count(*) AS events
FROM rejected
GROUP BY reason, stream
ORDER BY events DESC`,
    },
  ],
}

/** Those that ask about views that are there. */
export function starterQueries({ views }: Views): readonly StarterQuery[] {
  return views.flatMap(({ name }) => BY_VIEW[name] ?? [])
}
