import { once } from 'node:events'
import { request } from 'node:http'

/** What came back. */
export interface Reply {
  readonly status: number
  readonly headers: { readonly [name: string]: string | string[] | undefined }
  readonly text: string
  /** Of JSON. */
  readonly body: ReturnType<typeof JSON.parse>
}

/** Asks with exactly these headers, as no browser would: `fetch` sets some of its own, and none of others. */
export function ask(
  url: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: { readonly [name: string]: string }; body?: unknown } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
    const asked = request(url, { method, headers: { 'content-length': Buffer.byteLength(sent), ...headers } })
    asked.on('error', reject)
    asked.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => (text += part))
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, text, body: parsed(text) }),
      )
    })
    asked.end(sent)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // what is no JSON has a text only
  }
}

/** The headers of a write that the console's own page makes. */
export const fromPage = (url: string, etag?: string) => ({
  'content-type': 'application/json',
  origin: url,
  'sec-fetch-site': 'same-origin',
  ...(etag === undefined ? {} : { 'if-match': etag }),
})

/** What a reader of the live feed gets at first. */
export async function firstOfLive(url: string): Promise<string> {
  const asked = request(`${url}/live`).end()
  const [response] = await once(asked, 'response')
  const [first] = await once(response.setEncoding('utf8'), 'data')
  asked.destroy()
  return first
}
