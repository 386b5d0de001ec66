import type { Client } from '../core/client.ts'
import { ask } from './ask.ts'
import { type PageOption, pathOf } from './page.ts'

/** What `collectClicks` can be told. */
export interface ClicksOptions extends PageOption {
  /** The stream to submit to. Default: `rivulet.click`. */
  readonly stream?: string
  /** The attribute by which the page names its elements. Default: `data-rivulet-click`. */
  readonly attribute?: string
  /** Names an element that has no such attribute; asked for each, from the innermost outwards, until one has a name. */
  readonly name?: (element: Element) => string | null | undefined
  /**
   * Names links and buttons that have no other name by the text on them, which may tell of a person. What is written in
   * fields is never taken. Default: false.
   */
  readonly text?: boolean
}

/** Where the package's `schemas/` has it. */
const SCHEMA = '/rivulet/click/1.1.0'

const TYPES = ['click', 'auxclick'] as const

/** Before the page's own listeners, so that none of them can keep a click from us; and never in the page's way. */
const OPTIONS = { capture: true, passive: true }

/** The schema's bounds. */
const LONGEST_NAME = 128
const FARTHEST = 10_000_000

const LINK = ':any-link,[role=link]'
const BUTTON = 'button,summary,[role=button],[type=button],[type=submit],[type=reset],[type=image]'
const FIELD = 'input,select,textarea,[contenteditable]'
const KINDS = [
  [LINK, 'link'],
  [BUTTON, 'button'],
  [FIELD, 'field'],
] as const

/**
 * Submits an event for each click on what the page has named for it: `<button data-rivulet-click="buy">`. Of elements
 * within each other, the innermost that has a name counts. Schema: `/rivulet/click/1.1.0`. The returned function ends it.
 */
export function collectClicks(events: Pick<Client, 'submit'>, options: ClicksOptions = {}): () => void {
  const { stream = 'rivulet.click', attribute = 'data-rivulet-click', name, text = false } = options
  let next: Element | null | undefined

  function onClick(event: MouseEvent): void {
    const { type, button, isTrusted, detail, pageX, pageY } = event
    // Into shadow roots, but for closed ones.
    const path = event.composedPath().filter((target): target is Element => target instanceof Element)
    const isRepeated = path[0] === next
    next = undefined
    // A script's, or a label's that was counted before.
    if (!isTrusted || isRepeated) return
    const control = path.find((element) => element instanceof HTMLLabelElement)?.control
    if (control && !path.includes(control)) {
      next = control
      path.unshift(control)
    }

    const kind = kindOf(path)
    // Of the other buttons, the middle one opens links.
    if (type === 'auxclick' && (button !== 1 || kind !== 'link')) return
    if (path.some((element) => element.matches(':disabled:not(fieldset)'))) return
    const named = firstOf(path, nameOf) || (text && textOn(path))
    if (!named) return
    events.submit(stream, {
      $schema: SCHEMA,
      element: { kind, name: String(named).slice(0, LONGEST_NAME) },
      // Keys click without a place.
      position: detail || type === 'auxclick' ? { x: pixel(pageX), y: pixel(pageY) } : undefined,
      page: { path: pathOf(options) },
    })
  }

  function nameOf(element: Element): string | null | undefined {
    return element.getAttribute(attribute) || ask('name', () => name?.(element))
  }

  for (const type of TYPES) addEventListener(type, onClick, OPTIONS)
  return () => {
    for (const type of TYPES) removeEventListener(type, onClick, OPTIONS)
  }
}

/** What the first of the elements, from the innermost outwards, that has an answer answers. */
function firstOf<Answer>(
  path: readonly Element[],
  question: (element: Element) => Answer,
): Answer | undefined {
  for (const element of path) {
    const answer = question(element)
    if (answer) return answer
  }
}

function kindOf(path: readonly Element[]): string {
  const kind = (element: Element) => KINDS.find(([selector]) => element.matches(selector))?.[1]
  return firstOf(path, kind) ?? 'other'
}

function textOn(path: readonly Element[]): string | undefined {
  const element = path.find((element) => element.matches(`${LINK},${BUTTON}`))
  if (!element || element.querySelector(FIELD) || path.some((element) => element.matches(FIELD))) return
  return element.textContent?.replace(/\s+/g, ' ').trim()
}

const pixel = (place: number) => Math.round(Math.max(-FARTHEST, Math.min(place, FARTHEST)))
