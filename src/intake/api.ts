import { realpathSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import type { Access } from './access.ts'
import { type Answer, notAllowed, problem } from './answer.ts'
import { type ConfigContent, changed, changesIn } from './config-content.ts'
import type { ConfigHistory } from './config-history.ts'
import type { History, Session, Streams } from './console/contract.ts'
import { matches } from './etag.ts'
import { type Forget, whyNoIds } from './forget.ts'
import { isObject } from './ingest.ts'
import { IntakeError } from './intake-error.ts'
import { packageVersion } from './package-files.ts'
import { type FileFormat, type Queries, QueryError } from './query/queries.ts'
import { readBody } from './request-body.ts'
import type { SimulateChange } from './simulate-change.ts'
import type { Stats } from './stats/stats.ts'
import type { StreamConfigs } from './stream-configs.ts'
import { rowsOf } from './stream-rows.ts'

/** What the console's API hands requests on to. */
export interface ApiParts {
  readonly access: Access
  readonly configs: StreamConfigs
  readonly history: ConfigHistory
  readonly stats: Stats
  readonly queries: Queries
  readonly simulateChange: SimulateChange
  /** Undefined where events are stored elsewhere. */
  readonly forget: Forget | undefined
  /** The data folder. */
  readonly data: string
}

/**
 * Answers `/api/…`, for requests that may ask for the console at all. Rejects once the signal says that nobody waits for
 * the answer.
 */
export type Api = (request: IncomingMessage, url: URL, signal: AbortSignal) => Promise<Answer>

interface Asked {
  readonly request: IncomingMessage
  readonly url: URL
  /** The object in the body of a write. */
  readonly body: Fields
  readonly signal: AbortSignal
}

type Fields = { readonly [field: string]: unknown }
type Handler = (asked: Asked) => Answer | Promise<Answer>
type Handlers = { readonly [method: string]: Handler }

const MOST_BODY_BYTES = 1_000_000
const MOST_REVISIONS = 1_000
const LONGEST_NAME = 200
const LONGEST_REASON = 2_000

export function createApi(parts: ApiParts): Api {
  const { access, configs, history, stats, queries, simulateChange } = parts
  const handlers: { readonly [path: string]: Handlers } = {
    '/api/session': { GET: session, POST: ({ request, body }) => access.signIn(request, body.token) },
    '/api/streams': { GET: streams },
    '/api/simulate': { POST: simulation },
    '/api/config': { PUT: changeConfig },
    '/api/revert': { POST: revert },
    '/api/history': { GET: pastRevisions },
    '/api/forget': { POST: forget },
    '/api/quality': { GET: () => json(stats.quality()) },
    '/api/vitals': { GET: vitals },
    '/api/query': { POST: query },
    '/api/query/csv': { POST: (asked) => download(asked, 'csv') },
    '/api/query/parquet': { POST: (asked) => download(asked, 'parquet') },
    '/api/views': { GET: async () => json(await queries.views()) },
    '/api/queries': { GET: () => json(queries.saved.list()) },
  }
  const ofSavedQuery: Handlers = { PUT: saveQuery, DELETE: removeQuery }

  return async (request, url, signal) => {
    const { pathname } = url
    const handlersHere = pathname.startsWith(SAVED) ? ofSavedQuery : handlers[pathname]
    if (!handlersHere) return problem(404, 'NotFoundError', `there is nothing at ${pathname}`)
    const method = request.method === 'HEAD' ? 'GET' : String(request.method)
    const handler = handlersHere[method]
    if (!handler) return notAllowed(pathname, Object.keys(handlersHere).join(', '))

    const isForAll = pathname === '/api/session'
    const refusal =
      (isForAll ? undefined : access.refusalOfRead(request)) ??
      (method === 'GET' ? undefined : access.refusalOfWrite(request))
    if (refusal) return refusal
    if (method === 'GET') return answered(handler, { request, url, body: {}, signal })
    const found = await objectIn(request, { isNeeded: method !== 'DELETE' })
    return 'refused' in found ? found.refused : answered(handler, { request, url, body: found.body, signal })
  }

  async function answered(handler: Handler, asked: Asked): Promise<Answer> {
    try {
      return await handler(asked)
    } catch (error) {
      if (error instanceof QueryError && !asked.signal.aborted)
        return problem(422, 'QueryError', error.message)
      throw error
    }
  }

  function session({ request }: Asked): Answer {
    const body: Session = {
      needsToken: access.refusalOfRead(request) !== undefined,
      query: queries.status(),
      version: packageVersion(),
    }
    return json(body)
  }

  function streams(): Answer {
    const { revision, etag } = configs.served()
    const readOnly = configs.whyReadOnly()
    const body: Streams = {
      revision,
      etag,
      file: configs.path,
      ...(readOnly === undefined ? {} : { readOnly }),
      streams: rowsOf(configs.content(), { history, stats }),
    }
    return json(body)
  }

  async function simulation({ body, signal }: Asked): Promise<Answer> {
    const proposed = 'revision' in body ? reverted(body) : undefined
    const changes = proposed ? [] : changesIn(body.changes)
    if (typeof changes === 'string') return problem(400, 'BadRequestError', changes)
    const next = proposed ?? changed(configs.content(), changes)
    if ('problem' in next) return problem(422, 'UnprocessableContentError', next.problem)
    return json(await simulateChange(next.content, { signal }))
  }

  function changeConfig({ request, body }: Asked): Answer {
    const changes = changesIn(body.changes)
    if (typeof changes === 'string') return problem(400, 'BadRequestError', changes)
    return write(request, body, (content) => changed(content, changes))
  }

  function revert({ request, body }: Asked): Answer {
    return write(request, body, () => reverted(body))
  }

  function reverted({ revision }: Fields): { content: ConfigContent } | { problem: string } {
    const content = history.contentOf(String(revision))
    return content ? { content } : { problem: `the history has no revision ${revision}` }
  }

  /** In one task from the look at the ETag to the file's replacement, so that of two writers one is refused. */
  function write(
    request: IncomingMessage,
    { author, reason }: Fields,
    contentFrom: (content: ConfigContent) => { content: ConfigContent } | { problem: string },
  ): Answer {
    if (!isText(author, LONGEST_NAME))
      return problem(400, 'BadRequestError', '"author" is to say who makes the change')
    if (!isText(reason, LONGEST_REASON))
      return problem(400, 'BadRequestError', '"reason" is to say why it is made')
    const ifMatch = request.headers['if-match']
    if (ifMatch === undefined)
      return problem(
        428,
        'PreconditionRequiredError',
        'send as "If-Match" the ETag of the config that is changed',
      )
    if (!matches(ifMatch, configs.served().etag)) return overtaken()
    const readOnly = configs.whyReadOnly()
    if (readOnly !== undefined) return problem(409, 'ConflictError', readOnly)

    const next = contentFrom(configs.content())
    if ('problem' in next) return problem(422, 'UnprocessableContentError', next.problem)
    try {
      const isWritten = configs.write(next.content, { author: author.trim(), reason: reason.trim() })
      return isWritten ? written() : overtaken()
    } catch (error) {
      if (error instanceof IntakeError) return problem(409, 'ConflictError', error.message)
      throw error
    }
  }

  function written(): Answer {
    const { revision, etag } = configs.served()
    return { ...json({ revision, etag }), headers: { ...UNSTORED, etag } }
  }

  /** Who was faster. */
  function overtaken(): Answer {
    const { revision } = configs.served()
    const [last] = history.revisions()
    const who = last?.author ?? 'somebody who edited the file'
    const why = last?.reason ? ` ("${last.reason}")` : ''
    return problem(
      412,
      'PreconditionFailedError',
      `the config was changed meanwhile: revision ${revision} is by ${who}, at ${last?.at}${why}; nothing of yours is written, look at it and try again`,
    )
  }

  function pastRevisions(): Answer {
    const body: History = { revisions: history.revisions().slice(0, MOST_REVISIONS) }
    return json(body)
  }

  function vitals({ url }: Asked): Answer {
    const days = url.searchParams.get('days') ?? '7'
    if (!/^\d{1,3}$/.test(days) || days === '0')
      return problem(400, 'BadRequestError', '"days" is to be a number of days')
    return json(stats.vitals({ days: Number(days) }))
  }

  async function query({ body, signal }: Asked): Promise<Answer> {
    const refusal = refusalOfQuery(body)
    return refusal ?? json(await queries.ask(String(body.sql), { signal }))
  }

  async function download({ body, signal }: Asked, format: FileFormat): Promise<Answer> {
    const refusal = refusalOfQuery(body)
    if (refusal) return refusal
    const file = await queries.download(String(body.sql), format, { signal })
    const headers = {
      ...UNSTORED,
      'content-type': FILE_TYPES[format],
      'content-disposition': `attachment; filename="query.${format}"`,
    }
    return { status: 200, headers, file }
  }

  async function forget({ body: { ids, dryRun, data }, signal }: Asked): Promise<Answer> {
    const why = whyNoIds(ids)
    if (why !== undefined) return problem(400, 'BadRequestError', why)
    const own = realpathSync(parts.data)
    if (data !== undefined && data !== own)
      return problem(409, 'ConflictError', `this intake stores in ${own}, and not in ${data}`)
    if (!parts.forget)
      return problem(409, 'ConflictError', 'the events are in Kafka, from which none can be removed here')
    return json(await parts.forget({ ids: ids as string[], dryRun: dryRun === true, signal }))
  }

  function refusalOfQuery({ sql }: Fields): Answer | undefined {
    const status = queries.status()
    if (!status.ready) return problem(503, 'NoDuckDBError', status.hint)
    return typeof sql === 'string' ? undefined : problem(400, 'BadRequestError', '"sql" is to be the query')
  }

  function saveQuery({ url, body }: Asked): Answer {
    const name = nameIn(url)
    if (name === undefined || typeof body.sql !== 'string')
      return problem(400, 'BadRequestError', 'a query is saved by its name in the path, as "sql"')
    queries.saved.put(name, body.sql)
    return { status: 204 }
  }

  function removeQuery({ url }: Asked): Answer {
    const name = nameIn(url)
    if (name === undefined) return problem(400, 'BadRequestError', 'the path has no name of a query')
    queries.saved.remove(name)
    return { status: 204 }
  }
}

const SAVED = '/api/queries/'
const FILE_TYPES = { csv: 'text/csv; charset=utf-8', parquet: 'application/vnd.apache.parquet' }

function nameIn({ pathname }: URL): string | undefined {
  try {
    return decodeURIComponent(pathname.slice(SAVED.length)) || undefined
  } catch {
    return undefined // answered with 400
  }
}

const UNSTORED = { 'cache-control': 'no-store' }

const json = (body: object): Answer => ({ status: 200, headers: UNSTORED, body })

async function objectIn(
  request: IncomingMessage,
  { isNeeded }: { isNeeded: boolean },
): Promise<{ body: Fields } | { refused: Answer }> {
  const read = await readBody(request, MOST_BODY_BYTES)
  if ('refused' in read) return read
  const body = read.text === '' && !isNeeded ? {} : parsed(read.text)
  return isObject(body) ? { body } : { refused: problem(400, 'SyntaxError', 'the body is no JSON object') }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // answered with 400
  }
}

const isText = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= longest
