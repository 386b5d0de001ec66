import type { Inside } from '../core/debug.ts'
import { configView } from './config-view.ts'
import { alertOf, deliveryView } from './delivery-view.ts'
import { button, element, icon, refill } from './elements.ts'
import { createEventsView } from './events-view.ts'
import { ledgerView } from './ledger-view.ts'
import type { Tell } from './note.ts'
import { queuedBy, queueView } from './queue-view.ts'
import { createRecords } from './records.ts'
import { STYLE } from './style.ts'
import { standingOf, type Tone } from './words.ts'

/** In ms: how soon what was heard of shows; a burst is drawn once. */
const SOON = 50

/** In ms: how often what changes by itself (ages, the countdown, the queue) is looked up. */
const TICK = 1000

/** In ms: how often the counts are said to whoever does not see them, at most. */
const SAY_EVERY = 5000

/** Of our element: by it, another copy of this module finds the overlay that is there. */
const TELL = Symbol.for('rivulet/debug-overlay/1')

const TABS = ['Events', 'Queue', 'Config', 'Delivery', 'Ledger'] as const

/** In characters: more words do not fit beside the title. */
const ROOM = 28

const PHONE = '(max-width: 599px)'

const WAVES = 'M1.5 5.5c2-2 4.5-2 6.5 0s4.5 2 6.5 0M1.5 10.5c2-2 4.5-2 6.5 0s4.5 2 6.5 0'
const MOVE = 'M8 2v12M2 8h12M6 4l2-2 2 2M6 12l2 2 2-2M4 6L2 8l2 2M12 6l2 2-2 2'
const COLLAPSE = 'M3.5 8h9'
const CLOSE = 'M4 4l8 8M12 4l-8 8'

/**
 * Puts the overlay into the page, and returns what it is told by. There is one for all clients of a page, also of those
 * that were bundled apart.
 */
export function openOverlay(): Tell {
  const there = document.querySelector('rivulet-debug') as (Element & { [TELL]?: Tell }) | null
  return there?.[TELL] ?? createOverlay()
}

function createOverlay(): Tell {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(STYLE)
  const host = document.createElement('rivulet-debug')
  // Closed: to listeners of the page, all that happens in it happens to one element.
  const shadow = host.attachShadow({ mode: 'closed' })
  shadow.adoptedStyleSheets = [sheet]

  const records = createRecords()
  let mode: 'panel' | 'badge' | 'closed' = matchMedia(PHONE).matches ? 'badge' : 'panel'
  let tab: (typeof TABS)[number] = 'Events'
  let corner = 0
  let picked: Inside | undefined
  let isDue = false
  let isBroken = false
  let said = { text: '', at: 0 }
  /** What had the focus before it was brought here by the keyboard. */
  let before: Element | null = null

  const heard = element('p', { class: 'heard', role: 'status', 'aria-live': 'polite' })
  const counts = element('p', { class: 'counts' })
  const alert = element('p', { class: 'alert', hidden: '' })
  const tabs = TABS.map((name) => createTab(name))
  const picker = element('select', { 'aria-label': 'Client', hidden: '' })
  picker.addEventListener('change', () => {
    picked = records.insides[Number(picker.value)]
    draw()
  })
  const events = createEventsView({ records, nameOf, say, onChange: draw })
  const gap = element('span', { class: 'gap' })
  const tools = element(
    'div',
    { class: 'tools' },
    ...events.tools.slice(0, 1),
    picker,
    gap,
    ...events.tools.slice(1),
  )
  const other = element('div', {})
  const view = element(
    'div',
    { class: 'view', role: 'tabpanel', id: 'view', tabindex: '0' },
    events.list,
    other,
  )
  const panel = element(
    'section',
    { class: 'panel', 'aria-label': 'Rivulet: what becomes of each submit', tabindex: '-1' },
    element(
      'div',
      { class: 'bar' },
      element('h2', {}, icon(WAVES), 'Rivulet'),
      counts,
      iconButton(MOVE, 'Move to the next corner', () => {
        corner = (corner + 1) % 4
        draw()
      }),
      iconButton(COLLAPSE, 'Collapse to a badge', () => turn('badge')),
      iconButton(CLOSE, 'Close for this page view (Escape); Alt+Shift+D opens it again', () =>
        turn('closed'),
      ),
    ),
    alert,
    element(
      'div',
      { class: 'tabs', role: 'tablist', 'aria-label': 'Views' },
      ...tabs.map(({ node }) => node),
    ),
    tools,
    view,
  )
  const badge = button({ class: 'badge' }, () => turn('panel'))
  const root = element('div', { class: 'root', lang: 'en' }, heard, panel, badge)
  shadow.append(root)

  function createTab(name: (typeof TABS)[number]) {
    const number = element('span', { class: 'n', hidden: '' })
    const node = button(
      { class: 'tab', role: 'tab', id: name, 'aria-controls': 'view' },
      () => pick(name),
      name,
      number,
    )
    return { name, node, number }
  }

  function pick(name: (typeof TABS)[number]): void {
    tab = name
    view.scrollTop = 0
    draw()
  }

  function iconButton(path: string, label: string, onClick: () => void): HTMLButtonElement {
    return button({ class: 'icon', 'aria-label': label, title: label }, onClick, icon(path))
  }

  /** Where the focus was inside, it stays inside; where there is no inside any more, it goes back. */
  function turn(next: typeof mode): void {
    const hadFocus = Boolean(shadow.activeElement)
    mode = next
    draw()
    if (!hadFocus) return
    if (mode === 'closed') (before as HTMLElement | null)?.focus?.()
    else (mode === 'panel' ? panel : badge).focus()
  }

  function nameOf(inside: Inside): string {
    return records.insides.length > 1 ? `client ${records.insides.indexOf(inside) + 1}` : ''
  }

  function say(text: string): void {
    heard.textContent = text
    said = { text: said.text, at: Date.now() }
  }

  function draw(): void {
    orStop(() => {
      isDue = false
      records.look()
      panel.hidden = mode !== 'panel'
      badge.hidden = mode !== 'badge'
      for (const part of [panel, badge]) part.dataset.corner = String(corner)
      if (mode === 'closed') return
      const tally = tallyOf(records.seen().map((seen) => standingOf(seen).tone))
      const parts = partsOf(tally)
      if (mode === 'badge') drawBadge(tally, parts)
      else drawPanel(parts)
      sayCounts(parts)
    })
  }

  function drawBadge(tally: Tally, parts: readonly Part[]): void {
    badge.dataset.tone = tally.bad ? 'bad' : tally.quiet ? 'quiet' : 'good'
    badge.setAttribute('aria-label', `Rivulet: ${inWords(parts)}. Open the overlay (Alt+Shift+D)`)
    const all = element('span', {}, parts.length ? String(records.seen().length) : 'Rivulet')
    const worth = parts.filter(([tone]) => tone === 'wait' || tone === (tally.bad ? 'bad' : 'quiet'))
    refill(badge, [icon(WAVES), all, ...worth.map(partOf)])
  }

  function drawPanel(parts: readonly Part[]): void {
    const now = Date.now()
    const insides = picked ? [picked] : records.insides
    counts.title = inWords(parts)
    counts.classList.toggle('short', counts.title.length > ROOM)
    refill(counts, parts.map(partOf))
    const found = alertOf(records.insides, now)
    alert.hidden = !found
    if (found) {
      alert.dataset.tone = found.tone
      alert.textContent = found.text
    }
    for (const { name, node, number } of tabs) {
      node.setAttribute('aria-selected', String(name === tab))
      node.tabIndex = name === tab ? 0 : -1
      const count = name === 'Queue' ? queuedBy(records.insides).length : 0
      number.hidden = !count
      number.textContent = count ? String(count) : ''
    }
    drawPicker()
    const isEvents = tab === 'Events'
    for (const tool of events.tools) tool.hidden = !isEvents
    tools.hidden = !isEvents && picker.hidden
    gap.hidden = isEvents
    view.setAttribute('aria-labelledby', tab)
    events.list.hidden = !isEvents
    other.hidden = isEvents
    if (isEvents) events.update(picked)
    else refill(other, viewOf(insides, now))
  }

  function viewOf(insides: readonly Inside[], now: number): Node[] {
    if (tab === 'Queue') return queueView(insides, now)
    if (tab === 'Config') return insides.flatMap((inside) => configView(inside, nameOf(inside), now))
    return tab === 'Delivery' ? deliveryView(insides, now) : ledgerView(insides)
  }

  function drawPicker(): void {
    const { insides } = records
    picker.hidden = insides.length < 2
    if (picker.options.length === insides.length + 1) return
    picker.replaceChildren(
      element('option', { value: '-1' }, 'All clients'),
      ...insides.map((inside, i) => element('option', { value: String(i) }, nameOf(inside))),
    )
    picker.value = String(picked ? insides.indexOf(picked) : -1)
  }

  function sayCounts(parts: readonly Part[]): void {
    const text = inWords(parts)
    const now = Date.now()
    if (text === said.text || now - said.at < SAY_EVERY) return
    said = { text, at: now }
    heard.textContent = text
  }

  /** A fault of ours ends the overlay, not the page's peace. */
  function orStop(work: () => void): void {
    if (isBroken) return
    try {
      work()
    } catch (cause) {
      isBroken = true
      clearInterval(ticking)
      host.remove()
      console.warn('rivulet: the debug overlay does not work', cause)
    }
  }

  function drawSoon(): void {
    if (!isDue) setTimeout(draw, SOON)
    isDue = true
  }

  function tell(note: Parameters<Tell>[0]): void {
    if (isBroken) return
    records.note(note)
    drawSoon()
  }

  shadow.addEventListener('keydown', (event) => {
    const { key } = event as KeyboardEvent
    if (key === 'Escape') {
      event.preventDefault()
      turn('closed')
    }
    if ((event.target as Element).getAttribute('role') !== 'tab') return
    const at = TABS.indexOf(tab)
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: TABS.length - 1 }[key]
    if (next === undefined) return
    event.preventDefault()
    pick(TABS[(next + TABS.length) % TABS.length]!)
    tabs.find(({ name }) => name === tab)?.node.focus()
  })
  // What is done here is none of the page's business: its shortcuts, its menus that close on a click elsewhere, its
  // collectors.
  for (const type of KEPT_IN) shadow.addEventListener(type, (event) => event.stopPropagation())
  addEventListener('keydown', onKey, true)
  // Behind the page's own listeners, which may have a use for the key.
  addEventListener('keydown', (event) => {
    const isFree =
      !event.defaultPrevented && (!document.activeElement || document.activeElement === document.body)
    if (event.key === 'Escape' && isFree && mode === 'panel') turn('closed')
  })

  function onKey(event: KeyboardEvent): void {
    // By the key's place: with Alt, a Mac writes another letter.
    if (
      event.code !== 'KeyD' ||
      !event.altKey ||
      !event.shiftKey ||
      event.ctrlKey ||
      event.metaKey ||
      isBroken
    )
      return
    event.preventDefault()
    event.stopPropagation()
    if (mode === 'panel' && shadow.activeElement) return turn('closed')
    before = document.activeElement
    turn('panel')
    panel.focus()
  }

  document.documentElement.append(host)
  // Above all that is in the page, where the browser knows how.
  host.setAttribute('popover', 'manual')
  host.showPopover?.()
  Object.defineProperty(host, TELL, { value: tell })
  const ticking = setInterval(() => {
    if (mode !== 'closed' && document.visibilityState === 'visible') draw()
  }, TICK)
  draw()
  return tell
}

const KEPT_IN = [
  ...[
    'keydown',
    'keypress',
    'keyup',
    'input',
    'change',
    'beforeinput',
    'focusin',
    'focusout',
    'copy',
    'paste',
    'cut',
  ],
  ...[
    'click',
    'auxclick',
    'dblclick',
    'contextmenu',
    'pointerdown',
    'pointerup',
    'pointermove',
    'pointercancel',
  ],
  ...[
    'mousedown',
    'mouseup',
    'mousemove',
    'touchstart',
    'touchend',
    'touchmove',
    'wheel',
    'submit',
    'selectstart',
  ],
]

type Tally = Readonly<Record<Tone, number>>
type Part = readonly [tone: Tone, count: number, word: string]

function tallyOf(tones: readonly Tone[]): Tally {
  const tally = { good: 0, wait: 0, quiet: 0, bad: 0 }
  for (const tone of tones) tally[tone]++
  return tally
}

/** What there is of each, in few words. */
function partsOf({ good, wait, quiet, bad }: Tally): Part[] {
  const parts: Part[] = [
    ['good', good, 'sent'],
    ['wait', wait, 'waiting'],
    ['quiet', quiet, 'out'],
    ['bad', bad, 'lost'],
  ]
  return parts.filter(([, count]) => count)
}

function partOf([tone, count, word]: Part): HTMLElement {
  return element(
    'span',
    { class: 'part', 'data-tone': tone },
    String(count),
    element('span', { class: 'word' }, ` ${word}`),
  )
}

function inWords(parts: readonly Part[]): string {
  return parts.map(([, count, word]) => `${count} ${word}`).join(', ') || 'no events yet'
}
