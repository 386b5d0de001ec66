import type { DebugSwitch, Inside, Submit } from '../core/debug.ts'
import type { Outcome } from '../core/event.ts'
import type { Note, Tell } from './note.ts'

export type { DebugSwitch, Inside, Submit } from '../core/debug.ts'

/**
 * In `localStorage`: names of streams, or `*`, for as long as it stands there. What begins with `rivulet ` is deleted where
 * consent is denied.
 */
const KEY = 'rivulet_debug'

/** As many submits and outcomes are kept for an overlay that is not there yet. */
const MOST_EARLY = 999

/**
 * For `createClient({ debug })`: whoever tests a page sends all events of some streams, in the sample or not, by a URL with
 * `?rivulet_debug=shop.click,shop.view` (`*` for all; nothing: all is decided as for everybody), for that page, or by
 * `localStorage.rivulet_debug`, for the browser. They are marked (`meta.producer.debug`), have no number, and count
 * nowhere. Where the switch is on, the page loads an overlay that shows what becomes of each submit.
 */
export function createDebugSwitch({
  parameter = 'rivulet_debug',
  overlay = true,
}: {
  /** Of the URL. */
  parameter?: string
  /** Whether an overlay is loaded where the switch is on. Default: true. */
  overlay?: boolean
} = {}): DebugSwitch {
  const texts = [new URLSearchParams(globalThis.location?.search).get(parameter), stored()]
  const names = new Set(texts.flatMap((text) => text?.split(',') ?? []))
  const isOn = (stream: string) => names.has('*') || names.has(stream)
  return names.size && overlay && globalThis.document ? Object.assign(isOn, { watch }) : isOn
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null // blocked: then there is the URL
  }
}

let isAsked = false
const early: Note[] = []
let tell: Tell = (note) => {
  early.push(note)
  if (early.length > MOST_EARLY) early.shift()
}

/** What is seen before the overlay is there, it is told then. */
function watch(inside: Inside): (seen: Submit | Outcome) => void {
  if (!isAsked) void load()
  isAsked = true
  tell({ inside, at: Date.now() })
  return (seen) =>
    tell({ inside, at: Date.now(), seen, text: textOf(seen), explanation: inside.explain(seen.stream) })
}

async function load(): Promise<void> {
  try {
    const { openOverlay } = await import('./overlay.ts')
    const show = openOverlay()
    early.splice(0).forEach(show)
    tell = show
  } catch (cause) {
    console.warn('rivulet: the debug overlay does not work', cause)
  }
}

/** At once, since the caller may change the object later. */
function textOf(seen: Submit | Outcome): string {
  try {
    return 'data' in seen ? JSON.stringify(seen.data) : ''
  } catch {
    return '' // its outcome says why
  }
}
