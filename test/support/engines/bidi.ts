import { once } from 'node:events'
import { WebSocket } from 'ws'

/** Sends a command of WebDriver BiDi, and resolves to its result. */
export type SendBidi = <Result = void>(method: string, params: object) => Promise<Result>

interface Reply {
  readonly id?: number
  readonly result?: unknown
  readonly error?: string
  readonly message?: string
}

/** Connects to a browser. A command that is under way when the browser ends is rejected. */
export async function connectBidi(url: string): Promise<SendBidi> {
  const socket = new WebSocket(url)
  const waiting = new Map<number, Command>()
  let lastId = 0

  socket.on('message', (data) => {
    const { id, result, error, message }: Reply = JSON.parse(String(data))
    const command = id === undefined ? undefined : waiting.get(id)
    if (!command) return // an event
    waiting.delete(id!)
    if (error) command.reject(new Error(`${error}: ${message}`))
    else command.resolve(result)
  })
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the browser has ended'))
    waiting.clear()
  })
  await once(socket, 'open')

  return <Result>(method: string, params: object) =>
    new Promise<Result>((resolve, reject) => {
      lastId += 1
      waiting.set(lastId, { resolve: resolve as (result: unknown) => void, reject })
      socket.send(JSON.stringify({ id: lastId, method, params }))
    })
}

interface Command {
  resolve(result: unknown): void
  reject(error: Error): void
}
