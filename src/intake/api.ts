import type { IncomingMessage } from 'node:http'
import type { Access } from './access.ts'
import { type Answer, problem } from './answer.ts'
import { type ConfigContent, changed, changesIn } from './config-content.ts'
import type { ConfigHistory } from './config-history.ts'
import type { History, Session, Streams } from './console/contract.ts'
import { matches } from './etag.ts'
import { isObject } from './ingest.ts'
import { IntakeError } from './intake-error.ts'
import { packageVersion } from './package-files.ts'
import { readBody } from './request-body.ts'
import type { StreamConfigs } from './stream-configs.ts'
import { rowsOf } from './stream-rows.ts'
import type { Tally } from './tally.ts'

/** What the console's API hands requests on to. */
export interface ApiParts {
  readonly access: Access
  readonly configs: StreamConfigs
  readonly history: ConfigHistory
  readonly tally: Tally
}

/** Answers `/api/…`, for requests that may ask for the console at all. */
export type Api = (request: IncomingMessage, url: URL) => Promise<Answer>

interface Asked {
  readonly request: IncomingMessage
  readonly url: URL
  /** The object in the body of a write. */
  readonly body: Fields
}

type Fields = { readonly [field: string]: unknown }
type Handler = (asked: Asked) => Answer | Promise<Answer>

const MOST_BODY_BYTES = 1_000_000
const MOST_REVISIONS = 1_000
const LONGEST_NAME = 200
const LONGEST_REASON = 2_000

export function createApi({ access, configs, history, tally }: ApiParts): Api {
  const handlers: { readonly [path: string]: { readonly [method: string]: Handler } } = {
    '/api/session': { GET: session, POST: ({ request, body }) => access.signIn(request, body.token) },
    '/api/streams': { GET: streams },
    '/api/config': { PUT: changeConfig },
    '/api/revert': { POST: revert },
    '/api/history': { GET: pastRevisions },
  }

  return async (request, url) => {
    const handlersHere = handlers[url.pathname]
    if (!handlersHere) return problem(404, 'NotFoundError', `there is nothing at ${url.pathname}`)
    const method = request.method === 'HEAD' ? 'GET' : String(request.method)
    const handler = handlersHere[method]
    if (!handler) return notAllowed(url, Object.keys(handlersHere))

    const isForAll = url.pathname === '/api/session'
    const refusal =
      (isForAll ? undefined : access.refusalOfRead(request)) ??
      (method === 'GET' ? undefined : access.refusalOfWrite(request))
    if (refusal) return refusal
    if (method === 'GET') return handler({ request, url, body: {} })
    const found = await objectIn(request)
    return 'refused' in found ? found.refused : handler({ request, url, body: found.body })
  }

  function session({ request }: Asked): Answer {
    const body: Session = {
      needsToken: access.refusalOfRead(request) !== undefined,
      query: { ready: false, hint: 'not there yet' },
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
      streams: rowsOf(configs.content(), { history, tally }),
    }
    return json(body)
  }

  function changeConfig({ request, body }: Asked): Answer {
    const changes = changesIn(body.changes)
    if (typeof changes === 'string') return problem(400, 'BadRequestError', changes)
    return write(request, body, (content) => changed(content, changes))
  }

  function revert({ request, body }: Asked): Answer {
    return write(request, body, () => {
      const content = history.contentOf(String(body.revision))
      return content ? { content } : { problem: `the history has no revision ${body.revision}` }
    })
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
    return { ...json({ revision, etag }), headers: { ...FRESH, etag } }
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
}

const FRESH = { 'cache-control': 'no-store' }

const json = (body: object): Answer => ({ status: 200, headers: FRESH, body })

function notAllowed({ pathname }: URL, methods: readonly string[]): Answer {
  const allow = methods.join(', ')
  const { headers, ...refusal } = problem(405, 'MethodNotAllowedError', `${pathname} takes ${allow}`)
  return { ...refusal, headers: { ...headers, allow } }
}

async function objectIn(request: IncomingMessage): Promise<{ body: Fields } | { refused: Answer }> {
  const read = await readBody(request, MOST_BODY_BYTES)
  if ('refused' in read) return read
  const body = parsed(read.text)
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
