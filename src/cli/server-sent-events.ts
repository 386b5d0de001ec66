/** What came between two empty lines. Without `data` it is no event, but its id counts. */
export interface ServerSentEvent {
  readonly event: string
  readonly id?: string
  readonly data?: string
}

/** The events of a `text/event-stream` with plain line feeds, as many as come at once. */
export async function* serverSentEvents(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly ServerSentEvent[], void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
    rest = blocks.pop()!
    yield blocks.map(eventIn)
  }
}

function eventIn(block: string): ServerSentEvent {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^([^:]+): ?(.*)$/s.exec(line) ?? []
    fields.set(name, name === 'data' && fields.has(name) ? `${fields.get(name)}\n${value}` : value)
  }
  const [id, data] = [fields.get('id'), fields.get('data')]
  return {
    event: fields.get('event') ?? 'message',
    ...(id === undefined ? {} : { id }),
    ...(data === undefined ? {} : { data }),
  }
}
