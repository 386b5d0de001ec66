import type { Environment } from '../core/environment.ts'

/** One turn of a name after the other, where the queue is one client's own and there is nobody else to wait for. */
export function createOwnTurns(): Environment['alone'] {
  const last = new Map<string, Promise<void>>()
  return (name, work) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(() => work(() => true))
    last.set(
      name,
      turn.catch(() => {}), // whoever asked for it is told
    )
    return turn
  }
}
