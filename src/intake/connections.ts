import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createPerAddress, type PerAddress } from './address.ts'
import type { Log } from './log.ts'

/** In ms; by then a request has to be there. A phone at 20 kB/s has sent the largest body in five seconds. */
export const TIMEOUTS = { headersTimeout: 15_000, requestTimeout: 60_000, connectionsCheckingInterval: 5_000 }

const LAST_REQUESTS_WITHIN = 5_000
const ACCEPTED_WITHIN = 1_000

/** Lets so many connections be open, and of one address beyond this machine so many; more are closed unanswered. */
export function limitConnections(
  server: Server,
  {
    most,
    mostEach,
    log,
    perAddress = createPerAddress(mostEach),
  }: { most: number; mostEach: number; log: Log; perAddress?: PerAddress },
): void {
  const refused = (why: string) => log({ level: 'warn', message: `a connection was refused, since ${why}` })
  server.maxConnections = most
  server.on('drop', () => refused(`${most} are open; raise the limit, or start another intake`))
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? ''
    if (perAddress.enter(address)) return void socket.on('close', () => perAddress.leave(address))
    refused(`${address} has ${mostEach} open; raise the limit of one address if it is a proxy`)
    socket.destroy()
  })
}

/**
 * Returns what stops the server: nobody is let in any more, and each request that has arrived is answered, then its
 * connection closed. A request that is still coming in has five seconds; `refuse` then answers it.
 */
export function createGracefulStop(
  server: Server,
  {
    refuse,
    lastRequestsWithin = LAST_REQUESTS_WITHIN,
  }: { refuse: (response: ServerResponse) => void; lastRequestsWithin?: number },
): () => Promise<void> {
  const sockets = new Set<Socket>()
  const open = new Map<IncomingMessage, ServerResponse>()
  let accepted = 0
  let isStopping = false

  server.on('connection', (socket) => {
    accepted += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.prependListener('request', (request, response) => {
    open.set(request, response)
    if (isStopping) response.setHeader('connection', 'close')
    response.on('close', () => {
      open.delete(request)
      if (!server.listening) server.closeIdleConnections()
    })
  })

  return async () => {
    isStopping = true
    for (const response of open.values()) if (!response.headersSent) response.setHeader('connection', 'close')
    await untilAllAreIn()
    const closed = once(server, 'close')
    server.close()
    // To Node they are not idle: a request could be coming in.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
    const timer = setTimeout(endTheRest, lastRequestsWithin)
    await closed
    clearTimeout(timer)
  }

  /**
   * What has reached this machine, but not yet this process, would be reset with the socket that listens, or with a
   * connection that seems idle. A turn of the event loop lets one connection in, and reads from each that is.
   */
  async function untilAllAreIn(): Promise<void> {
    const deadline = performance.now() + ACCEPTED_WITHIN
    let quietTurns = 0
    while (quietTurns < 2 && performance.now() < deadline) {
      const before = accepted
      await nextTurn()
      quietTurns = accepted === before ? quietTurns + 1 : 0
    }
  }

  /** All but those that have sent a whole request, and wait for its answer. */
  function endTheRest(): void {
    const awaited = new Set<Socket>()
    for (const [request, response] of open) {
      if (response.headersSent) continue
      awaited.add(request.socket)
      if (!request.complete) refuse(response)
    }
    for (const socket of sockets) if (!awaited.has(socket)) socket.destroy()
  }
}
