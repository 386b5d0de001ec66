import { useEffect, useRef, useState } from 'preact/hooks'
import { read, type Refusal } from './api.ts'

/** What is known of something on the server. `data` stays while it is read again, and while that fails. */
export interface Resource<Content> {
  readonly data: Content | undefined
  /** Why the last attempt failed; absent when it did not. */
  readonly failure: Refusal | undefined
  /** Reads it now; resolves when that is done, in whichever way. */
  reload(): Promise<void>
}

/** Reads a path, again every so many ms while the page shows, and when it shows again. `every: 0`: once. */
export function useResource<Content>(path: string, { every = 0 } = {}): Resource<Content> {
  const [state, setState] = useState<{ path: string; data?: Content; failure?: Refusal | undefined }>({
    path,
  })
  const attempt = useRef(0)

  const reload = async () => {
    attempt.current += 1
    const mine = attempt.current
    const isNewest = () => mine === attempt.current
    await read<Content>(path).then(
      (data) => isNewest() && setState({ path, data }),
      (failure: Refusal) =>
        isNewest() && setState((last) => (last.path === path ? { ...last, failure } : { path, failure })),
    )
  }

  useEffect(() => {
    void reload()
    const tick = () => {
      if (!document.hidden) void reload()
    }
    const timer = every > 0 ? setInterval(tick, every) : undefined
    if (every > 0) document.addEventListener('visibilitychange', tick)
    return () => {
      // An answer that is still to come is nobody's.
      attempt.current += 1
      clearInterval(timer)
      document.removeEventListener('visibilitychange', tick)
    }
  }, [path, every])

  const isCurrent = state.path === path
  return { data: isCurrent ? state.data : undefined, failure: isCurrent ? state.failure : undefined, reload }
}
