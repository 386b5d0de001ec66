import type { ConfigPush } from '../core/stream-config.ts'

export type { ConfigPush } from '../core/stream-config.ts'

/** In ms: when a server that refuses is asked again, at the earliest. */
const RETRY = 30_000

/**
 * For `createClient({ configPush })`: stream config as the intake at `url` pushes it (`/v1/stream-configs/live`, server-sent
 * events). One tab of an origin holds the connection to a URL and tells the others; it ends with `pagehide`, and another tab, or
 * the page that comes back, takes over. Where there is no EventSource it does nothing.
 */
export function createConfigPush(url: string): ConfigPush {
  return ({ after, alone, onPhase, phase }, onConfig) => {
    let asking = false
    let ended = false
    let end = () => {}

    async function listen(): Promise<void> {
      if (asking || ended || typeof EventSource === 'undefined' || !/visible|hidden/.test(phase())) return
      asking = true
      // Until this tab is the one, and then for as long as it can be.
      await alone(`config push ${url}`, () => (ended ? Promise.resolve() : connection()))
      asking = false
    }

    function connection(): Promise<void> {
      return new Promise((resolve) => {
        let source: EventSource
        let cancel = () => {}
        function connect(): void {
          source = new EventSource(url)
          source.addEventListener('config', ({ data }) => onConfig(data))
          source.onerror = () => {
            // It tries again by itself where the connection breaks, but not after an answer that it cannot use.
            if (source.readyState === EventSource.CLOSED) cancel = after(RETRY * (1 + Math.random()), connect)
          }
        }
        connect()
        end = () => {
          cancel()
          source.close()
          resolve()
        }
      })
    }

    const stop = onPhase((next) => {
      if (next === 'gone') end()
      else void listen()
    })
    void listen()
    return () => {
      ended = true
      stop()
      end()
    }
  }
}
