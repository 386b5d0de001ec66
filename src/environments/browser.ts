import type { Answer, Environment, Phase, Told } from '../core/environment.ts'
import { attempt } from '../core/fields.ts'
import { createIds } from './ids.ts'
import { createIndexedDbStore, type IndexedDbStore } from './indexeddb-store.ts'
import { httpUrl, request } from './http.ts'
import { pageContext } from './page-context.ts'
import { after } from './timer.ts'

/** Of the locks and the channel, and what our keys in `localStorage` begin with. */
const NAME = 'rivulet'

/** In ms. A request takes 30 s at most; a page that dies holds the others up for as long as this. */
const LEASE = 40_000

/** In ms: how often a lease that another page has is asked for. */
const LEASE_POLL = 1000

/** What there is of a page: of a server nothing, of a worker all but the document. */
interface Surroundings {
  readonly location?: Location
  readonly document?: Document & { readonly prerendering?: boolean }
  readonly navigator?: Navigator & { readonly globalPrivacyControl?: boolean }
}

/**
 * A page: IndexedDB, `localStorage` for ids and config, `fetch` and `sendBeacon`, Web Locks. A worker has the same but
 * for what only a document has. On a server that renders pages nothing is asked for, kept or sent.
 */
export function browserEnvironment(): Environment {
  const { location, document } = globalThis as Surroundings
  const now = () => Date.now()
  const records = createIndexedDbStore()
  const life = watchPhases()
  const { eventId, ids, forget } = createIds({ now, memo })
  return {
    // Empty in a worker made of a blob, and in a file.
    domain: location?.hostname || undefined,
    eventId,
    // Those of a worker would last no longer than it does, and be others than its pages'.
    ids: document ? ids : { ...ids, session: nothing, device: nothing },
    context: pageContext(document),
    records,
    memo,
    forget: () => {
      forget()
      forgetMemo()
      records.clear().catch(() => {}) // blocked or broken: there is nothing to read in it either
    },
    now,
    random: Math.random,
    // A server that renders the page need not know where that will be.
    resolve: (url) => httpUrl(url, location?.href ?? 'http://page'),
    after,
    // The browser revalidates by itself; a header of ours would cost a preflight.
    get: (url) => request(url, { cache: 'no-cache' }),
    post: (url, body) => post(url, body, life.phase()),
    answers: async (url) =>
      // Another path of the same server, since blockers go by the whole URL. The answer cannot be read, but it is one.
      Boolean((await request(new URL('/', url), { mode: 'no-cors', cache: 'no-store' })).headers),
    ...life,
    alone: createTurns(life, records),
    ...createChannel(life),
    gpc: () => Boolean((globalThis as Surroundings).navigator?.globalPrivacyControl),
    warn: (message, cause = '') => console.warn(`rivulet: ${message}`, cause),
    ...(!location && {
      reason: 'no-page',
      after: () => nothing,
      onTold: () => nothing,
      forget: nothing,
      warn: nothing,
    }),
  }
}

const nothing = () => undefined

/**
 * It may be blocked in the settings or in a sandboxed frame, full, or throw when it is merely looked at: then nothing of
 * it survives the page.
 */
const memo: Environment['memo'] = {
  read: (key) => attempt(() => localStorage.getItem(`${NAME} ${key}`)),
  // Whoever writes keeps what it needs for this page.
  write: (key, text) => attempt(() => localStorage.setItem(`${NAME} ${key}`, text)),
}

function forgetMemo(): void {
  attempt(() => {
    for (const key of Object.keys(localStorage)) if (key.startsWith(`${NAME} `)) localStorage.removeItem(key)
  })
}

async function post(url: string, body: string, phase: Phase): Promise<Answer | 'unheard' | 'unsent'> {
  const keepalive = phase === 'hidden'
  // Firefox before 133 knows no keepalive.
  if (phase === 'visible' || (keepalive && 'keepalive' in Request.prototype)) {
    const answer = await request(url, { method: 'POST', body, keepalive })
    // A broken way and a refused keepalive look the same. Where it was refused a beacon may still pass; that counts as
    // a failure all the same, since nobody hears of it.
    if (!answer.status && keepalive) beacon(url, body)
    return answer
  }
  return beacon(url, body)
}

function beacon(url: string, body: string): 'unheard' | 'unsent' {
  // Only a string gets through without a preflight. What it answers, nobody hears. Where it throws, a blocker did it.
  return attempt(() => navigator.sendBeacon(url, body)) ? 'unheard' : 'unsent'
}

type Life = Pick<Environment, 'phase' | 'onPhase'>

/** The page's phases. A worker is always seen; where there is neither, nothing ever is. */
function watchPhases(): Life {
  const { location, document } = globalThis as Surroundings
  const listeners = new Set<(phase: Phase) => void>()
  let gone = false
  const seen = (): Phase =>
    !location || document?.prerendering ? 'prerendered' : (document?.visibilityState ?? 'visible')
  let phase = seen()

  for (const type of ['pagehide', 'pageshow', 'freeze', 'resume', 'visibilitychange', 'prerenderingchange']) {
    globalThis.addEventListener?.(
      type,
      () => {
        // Inside `pagehide` the document still counts as visible, and on navigation `visibilitychange` comes after it.
        if (!/change/.test(type)) gone = /hide|freeze/.test(type)
        const next = gone ? 'gone' : seen()
        if (phase === next) return
        phase = next
        for (const listener of [...listeners]) listener(phase)
      },
      // Some are told to the document, and do not bubble.
      true,
    )
  }
  return {
    phase: () => phase,
    onPhase: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/**
 * A page that goes must neither hold nor ask for a lock: it would not come back from the cache, and a frozen one would
 * block all others.
 */
function createTurns({ phase, onPhase }: Life, store: IndexedDbStore): Environment['alone'] {
  const holder = String(Math.random())

  return async (name, work) => {
    if (phase() === 'gone') return
    const leaving = new AbortController()
    const { signal } = leaving
    const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    const stop = onPhase((next) => {
      if (next === 'gone') leaving.abort()
    })
    let begun = false
    const turn = () => {
      begun = true
      return Promise.race([gone, work(() => !signal.aborted)])
    }
    try {
      await navigator.locks.request(`${NAME} ${name}`, { signal }, turn)
    } catch {
      // Unknown here, or refused in a frame without an origin of its own; or the page goes.
      if (!begun) await leased(name, turn, signal)
    }
    stop()
  }

  async function leased(name: string, turn: () => Promise<void>, signal: AbortSignal): Promise<void> {
    // Where the store does not work either, nothing is shared with others.
    while (!signal.aborted && !(await store.lease(name, holder, LEASE).catch(() => true))) {
      await new Promise((resolve) => setTimeout(resolve, LEASE_POLL))
    }
    if (signal.aborted) return
    await turn()
    store.lease(name, holder, 0).catch(() => {}) // it ends by itself
  }
}

/** To and from the other clients of this origin. One that is open keeps a page out of the back/forward cache. */
function createChannel({ phase, onPhase }: Life): Pick<Environment, 'tell' | 'onTold'> {
  const listeners = new Set<(told: Told) => void>()
  let channel: BroadcastChannel | undefined

  function open(): void {
    channel?.close()
    channel = undefined
    if (phase() === 'gone' || !listeners.size) return
    // Unknown in some, and blocked along with storage: then what others settle is not heard of.
    channel = attempt(() => new BroadcastChannel(`${NAME}/1`))
    if (channel) {
      channel.onmessage = ({ data }) => {
        for (const listener of listeners) listener(data ?? {})
      }
    }
  }
  onPhase(open)
  return {
    // What a host's validator says may be what cannot be sent; its outcome is counted all the same.
    tell: (told) => attempt(() => channel?.postMessage(told)),
    onTold: (listener) => {
      listeners.add(listener)
      open()
      return () => {
        listeners.delete(listener)
        open()
      }
    },
  }
}
