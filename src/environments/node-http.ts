import * as http from 'node:http'
import * as https from 'node:https'
import type { Answer } from '../core/environment.ts'
import { httpUrl } from './http.ts'

/** In ms: as long may a server take to answer, and as long to take the connection. */
const ANSWER_WITHIN = 30_000
const CONNECT_WITHIN = 10_000

/** As often what is asked for may have moved on. */
const MOST_MOVES = 5

interface Asked {
  /** Goes as `text/plain`, by POST. Without it, it is a GET. */
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Asks by the agent that the process has for all, and reads the answer whole; status 0 and the cause as text where none
 * comes. While it waits it keeps no process alive, which Node's `fetch` would, and it costs a fraction of that.
 */
export async function request(url: string, asked: Asked): Promise<Answer & { readonly etag?: string }> {
  let answer = await askOnce(url, asked)
  // The server may have closed a kept connection in the same moment.
  if (answer.isStale) answer = await askOnce(url, asked)
  // What is posted goes nowhere else.
  for (let moves = 0; answer.moved && asked.body === undefined && moves < MOST_MOVES; moves++) {
    answer = await askOnce(answer.moved, asked)
  }
  return answer
}

type OneAnswer = Answer & {
  readonly etag?: string
  /** Where to. */
  readonly moved?: string | undefined
  readonly isStale?: boolean
}

function askOnce(url: string, { body, headers }: Asked): Promise<OneAnswer> {
  return new Promise((resolve) => {
    const options =
      body === undefined
        ? { headers }
        : { method: 'POST', headers: { ...headers, 'content-type': 'text/plain;charset=UTF-8' } }
    const sent = (url.startsWith('https:') ? https : http).request(url, options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('error', fail)
      response.on('end', () => settle(answerOf(response, text, url)))
    })
    let timer = giveUpAfter(CONNECT_WITHIN)
    sent.on('error', fail)
    sent.on('socket', (socket) => {
      socket.unref()
      if (socket.connecting) socket.once('connect', connected)
      else connected()
    })
    sent.end(body)

    function connected(): void {
      clearTimeout(timer)
      timer = giveUpAfter(ANSWER_WITHIN)
    }

    function giveUpAfter(ms: number) {
      return setTimeout(() => sent.destroy(new Error(`nothing heard within ${ms} ms`)), ms).unref()
    }

    function fail(cause: Error & { code?: string }): void {
      const isStale = sent.reusedSocket && cause.code === 'ECONNRESET'
      settle({ status: 0, text: `${cause}`, foreign: false, isStale })
    }

    function settle(answer: OneAnswer): void {
      clearTimeout(timer)
      resolve(answer)
    }
  })
}

function answerOf({ statusCode = 0, headers }: http.IncomingMessage, text: string, url: string): OneAnswer {
  const { location, etag = '' } = headers
  const moved = statusCode >= 300 && location ? httpUrl(location, url) : undefined
  const foreign = moved !== undefined || /html/.test(headers['content-type'] ?? '')
  return { status: statusCode, text, foreign, retryAfter: headers['retry-after'] ?? null, moved, etag }
}
