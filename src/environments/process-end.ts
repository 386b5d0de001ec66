import process from 'node:process'
import { beginExit } from './at-exit.ts'

/** Who has something to do before the process ends. Each promise resolves within a time that it states. */
export interface Guest {
  /** Sends what is queued; the process may go on. */
  flush(): Promise<unknown>
  /** The same, and tells what the ledger counts: there is no more to come. */
  close(): Promise<unknown>
  /** How many events end with the process. */
  lost(): number
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** Of the process: however many there are, each of its events has one listener of ours. */
const guests = new Set<Guest>()

/** The returned function takes it back. */
export function atProcessEnd(guest: Guest): () => void {
  if (!guests.size) listen()
  guests.add(guest)
  return () => {
    if (guests.delete(guest) && !guests.size) unlisten()
  }
}

function listen(): void {
  process.once('beforeExit', onBeforeExit)
  process.once('exit', onExit)
  // Before the host's own, so that those of them that listen once are still to be counted.
  for (const signal of SIGNALS) process.prependOnceListener(signal, onSignal)
}

function unlisten(): void {
  process.off('beforeExit', onBeforeExit)
  process.off('exit', onExit)
  for (const signal of SIGNALS) process.off(signal, onSignal)
}

/**
 * Once: what a host submits each time would keep the process up. Behind its listeners, which may submit their last.
 */
function onBeforeExit(): void {
  void Promise.resolve().then(() => all((guest) => guest.flush()))
}

/**
 * The signal does what it does without us. Ours is no listener any more: where the host has one, it decides what
 * becomes of the process; where it has none, the signal is sent again, and a second one does not wait for that.
 */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal)) void all((guest) => guest.flush())
  else void all((guest) => guest.close()).then(() => endBy(signal))
}

function endBy(signal: NodeJS.Signals): void {
  // Where it ends the process, `exit` is not emitted. Where the host has begun to listen meanwhile, the process goes on.
  if (!process.listenerCount(signal)) beginExit()
  onExit()
  unlisten()
  guests.clear()
  process.kill(process.pid, signal)
}

/** Nothing can be sent any more, but it can be said. */
function onExit(): void {
  let lost = 0
  for (const guest of guests) lost += guest.lost()
  if (!lost) return
  console.warn(
    `rivulet: events end unsent with the process: ${lost}; before process.exit(), await events.close()`,
  )
}

function all(work: (guest: Guest) => Promise<unknown>): Promise<unknown> {
  return Promise.all([...guests].map(work))
}
