/** What the server, or the way to it, refused: in words for the reader of the page. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  /** 0 where no answer came. */
  readonly status: number
  readonly title: string
  /** What is wrong and what to do about it. */
  readonly detail: string

  constructor({ status, title, detail }: { status: number; title: string; detail: string }, cause?: unknown) {
    super(`${title}: ${detail}`)
    Object.assign(this, { cause }) // the types of es2020 have no `cause` yet
    this.status = status
    this.title = title
    this.detail = detail
  }
}

/** The JSON at a path of this server. Rejects with a `Refusal`. */
export function read<Content>(path: string): Promise<Content> {
  return ask<Content>('GET', path, {})
}

/** Sends JSON; resolves to the JSON of the answer, undefined where it has none. Rejects with a `Refusal`. */
export function send<Content>(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body: unknown,
  headers: { readonly [name: string]: string } = {},
  signal: AbortSignal | null = null,
): Promise<Content> {
  return ask<Content>(method, path, {
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
    signal,
  })
}

/** Calls back with each refusal for want of a token, from whichever request. */
export function onTokenMissing(listener: () => void): void {
  tokenMissing = listener
}

let tokenMissing = () => {}

/** The status of a `Refusal` where the page itself wanted the answer no more. */
export const CALLED_OFF = -1

/** An answer as it is, for what is no JSON. Rejects with a `Refusal`. */
export async function request(path: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(path, init).catch((cause) => {
    if (init.signal?.aborted) throw calledOff(cause)
    const detail = 'The intake does not answer. Is it running, and is this computer connected to it?'
    throw new Refusal({ status: 0, title: 'No connection', detail }, cause)
  })
  if (!answer.ok) throw await refusalOf(answer, path)
  return answer
}

async function ask<Content>(method: string, path: string, init: RequestInit): Promise<Content> {
  const answer = await request(path, { method, ...init })
  if (answer.status === 204) return undefined as Content
  try {
    return await answer.json()
  } catch (cause) {
    if (init.signal?.aborted) throw calledOff(cause)
    const detail = `${path} was answered with something that is no JSON. Is a proxy in between?`
    throw new Refusal({ status: answer.status, title: 'No readable answer', detail }, cause)
  }
}

const calledOff = (cause: unknown): Refusal =>
  new Refusal(
    { status: CALLED_OFF, title: 'Called off', detail: 'Nobody waits for the answer any more.' },
    cause,
  )

async function refusalOf(answer: Response, path: string): Promise<Refusal> {
  const { status } = answer
  // A proxy answers with whatever it likes.
  const text = await answer.text().catch(() => '')
  const { title, detail } = problemIn(text)
  if (status === 401) tokenMissing()
  return new Refusal({
    status,
    title: title ?? `Answer ${status}`,
    detail: detail ?? `${path} was answered with ${status} ${answer.statusText}.`,
  })
}

function problemIn(text: string): { title?: string; detail?: string } {
  try {
    const { title, detail } = JSON.parse(text)
    return {
      ...(typeof title === 'string' ? { title } : {}),
      ...(typeof detail === 'string' ? { detail } : {}),
    }
  } catch {
    return {} // no problem object: the status has to do
  }
}
