import { type Connection, openFeed } from './feed.ts'
import { clientExample, curlExample } from './first-steps.ts'
import { createRecords, type Selection } from './records.ts'
import { rowOf } from './rows.ts'
import { createStreamList } from './stream-list.ts'

/** Rows in the page at once, and records kept of each stream to choose from. */
const MOST_ROWS = 500
const MOST_STREAMS = 100

/** More rows than this in one frame are a burst, in which a highlight of each says nothing. */
const MOST_HIGHLIGHTED = 20

const CONNECTION_TEXT: Record<Connection, string> = {
  connected: 'Connected',
  lost: 'Connection lost – trying again',
}

const connection = byId('connection')
const eventList = byId('events')
const firstSteps = byId('first-steps')
const nothingHere = byId('nothing-here')
const rejectedOnlyButton = byId('rejected-only')
const pauseButton = byId('pause')

const records = createRecords({ keep: MOST_ROWS, mostStreams: MOST_STREAMS })
const streamList = createStreamList({ list: byId('streams'), onChoose: chooseStream })

let chosenStream: string | undefined
let rejectedOnly = false
/** The order of the newest record when the reader paused. */
let pausedAt: number | undefined
/** The order up to which the rows in the page are complete. */
let paintedUntil = 0
let isConnected = false
let isPaintDue = false

void showExamples()
rejectedOnlyButton.addEventListener('click', toggleRejectedOnly)
pauseButton.addEventListener('click', togglePause)
byId('clear').addEventListener('click', clear)
openFeed({
  url: '/live',
  onArrival: (arrival) => {
    records.add(arrival)
    schedulePaint()
  },
  onConnection: showConnection,
})

/** Paints once in the next frame, however much arrives before it; a hidden page paints when it shows again. */
function schedulePaint(): void {
  if (isPaintDue) return
  isPaintDue = true
  requestAnimationFrame(paint)
}

function paint(): void {
  isPaintDue = false
  streamList.paint(records.counts(), chosenStream)
  paintEvents()
  paintControls()
  paintEmptyState()
}

function paintEvents(): void {
  const newest = records.newest(selection({ after: paintedUntil, until: pausedAt ?? records.last() }))
  paintedUntil = pausedAt ?? records.last()

  const rows = newest.map(rowOf)
  const isWorthHighlight = eventList.childElementCount > 0 && rows.length <= MOST_HIGHLIGHTED
  for (const row of rows) row.classList.toggle('arriving', isWorthHighlight)
  eventList.prepend(...rows)
  while (eventList.childElementCount > MOST_ROWS) eventList.lastElementChild?.remove()
}

function paintControls(): void {
  rejectedOnlyButton.setAttribute('aria-pressed', String(rejectedOnly))
  pauseButton.textContent = pausedAt === undefined ? 'Pause' : `Resume${waitingText(pausedAt)}`
}

function waitingText(after: number): string {
  const waiting = records.newest(selection({ after, until: records.last() })).length
  if (waiting === 0) return ''
  return waiting < MOST_ROWS ? ` (${waiting} new)` : ` (${MOST_ROWS} or more new)`
}

function paintEmptyState(): void {
  const hadEvents = records.last() > 0
  const isEmpty = eventList.childElementCount === 0
  firstSteps.hidden = !(isConnected && isEmpty && !hadEvents)
  nothingHere.hidden = !(isEmpty && hadEvents)
  nothingHere.textContent = nothingHereText()
}

function nothingHereText(): string {
  const events = rejectedOnly ? 'rejected events' : 'events'
  const stream = chosenStream ? ` of ${chosenStream}` : ''
  const next = pausedAt === undefined ? 'New ones appear here as they arrive.' : 'Resume to see new ones.'
  return `No ${events}${stream} to show. ${next}`
}

function selection(range: { after: number; until: number }): Selection {
  return { stream: chosenStream, rejectedOnly, ...range }
}

function chooseStream(stream: string | undefined): void {
  chosenStream = stream
  paintAnew()
}

function toggleRejectedOnly(): void {
  rejectedOnly = !rejectedOnly
  paintAnew()
}

function togglePause(): void {
  pausedAt = pausedAt === undefined ? records.last() : undefined
  schedulePaint()
}

function clear(): void {
  records.clear()
  paintAnew()
}

function paintAnew(): void {
  paintedUntil = 0
  eventList.replaceChildren()
  schedulePaint()
}

function showConnection(state: Connection): void {
  // Each failed attempt reports the loss again; a screen reader should hear it once.
  if (connection.dataset.state === state) return
  isConnected = state === 'connected'
  connection.dataset.state = state
  connection.textContent = CONNECTION_TEXT[state]
  schedulePaint()
}

async function showExamples(): Promise<void> {
  byId('example-client').textContent = clientExample(location.origin)
  byId('example-curl').textContent = await curlExample(location.origin)
}

function byId(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (!found) throw new Error(`live.html has no element #${id}`)
  return found
}
