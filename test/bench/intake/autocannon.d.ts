/** What the bench uses of it; it comes without types. */
declare module 'autocannon' {
  interface Request {
    body?: Uint8Array
    setupRequest?: (request: Request) => Request
  }
  interface Result {
    /** In seconds. */
    readonly duration: number
    readonly latency: { readonly p50: number; readonly p99: number }
    readonly errors: number
    readonly timeouts: number
    readonly statusCodeStats?: { readonly [status: string]: { readonly count: number } }
  }
  export default function autocannon(options: {
    url: string
    method: string
    headers: { [name: string]: string }
    connections: number
    duration: number
    requests: Request[]
  }): Promise<Result>
}
