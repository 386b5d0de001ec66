import type { Answer, Environment, Phase } from '../core/environment.ts'
import { createIds } from './ids.ts'
import { createIndexedDbStore } from './indexeddb-store.ts'
import { httpUrl, request } from './http.ts'

/** Of the lock, and what our keys in `localStorage` begin with. */
const NAME = 'rivulet'

/** A longer one would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1

/** A page: IndexedDB, `localStorage` for ids and config, `fetch` and `sendBeacon`, Web Locks. */
export function browserEnvironment(): Environment {
  const now = () => Date.now()
  const life = watchPhases()
  return {
    domain: location.hostname,
    ...createIds({ now, memo }),
    context: {
      agent_client_platform_family: () =>
        `${/Mobi/.test(navigator.userAgent) ? 'mobile' : 'desktop'}_browser`,
      page_title: () => document.title,
      page_content_language: () => document.documentElement.lang,
    },
    records: createIndexedDbStore(),
    memo,
    now,
    random: Math.random,
    resolve: (url) => httpUrl(url, location.href),
    after: (ms, callback) => {
      const timer = setTimeout(callback, Math.min(ms, LONGEST_TIMER))
      return () => clearTimeout(timer)
    },
    // The browser revalidates by itself; a header of ours would cost a preflight.
    get: (url) => request(url, { cache: 'no-cache' }),
    post: (url, body) => post(url, body, life.phase()),
    ...life,
    warn: (message, cause = '') => console.warn(`rivulet: ${message}`, cause),
  }
}

/** It may be blocked, full, or throw when it is merely looked at: then nothing of it survives the page. */
const memo: Environment['memo'] = {
  read: (key) => {
    try {
      return localStorage.getItem(`${NAME} ${key}`)
    } catch {
      return null // blocked in the settings, or in a sandboxed frame
    }
  },
  write: (key, text) => {
    try {
      localStorage.setItem(`${NAME} ${key}`, text)
    } catch {
      // Whoever writes keeps what it needs for this page.
    }
  },
}

async function post(url: string, body: string, phase: Phase): Promise<Answer | undefined> {
  const keepalive = phase === 'hidden'
  // Firefox before 133 knows no keepalive.
  if (phase === 'visible' || (keepalive && 'keepalive' in Request.prototype)) {
    const answer = await request(url, { method: 'POST', body, keepalive })
    // A broken way and a refused keepalive look the same; where it was refused, a beacon may still pass.
    if (answer.status || !keepalive) return answer
  }
  try {
    // Only a string gets through without a preflight. What it answers, nobody hears.
    navigator.sendBeacon(url, body)
  } catch {
    // A blocker's doing: the events stay queued, as with a beacon that was taken.
  }
}

/** The page's phases, and the lock, which a page that goes must not hold: it would not come back from the cache. */
function watchPhases(): Pick<Environment, 'phase' | 'onPhase' | 'alone'> {
  const listeners = new Set<(phase: Phase) => void>()
  let gone = false
  let phase: Phase = document.visibilityState
  let letGo = () => {}

  for (const type of ['pagehide', 'pageshow', 'visibilitychange']) {
    addEventListener(type, () => {
      // Inside `pagehide` the document still counts as visible, and on navigation `visibilitychange` comes after it.
      if (type !== 'visibilitychange') gone = type === 'pagehide'
      const next = gone ? 'gone' : document.visibilityState
      if (phase === next) return
      phase = next
      if (gone) letGo()
      for (const listener of listeners) listener(phase)
    })
  }
  return {
    phase: () => phase,
    onPhase: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    alone: async (work) => {
      try {
        await navigator.locks.request(NAME, async () => {
          // It was asked for before the page went.
          if (gone) return
          await new Promise<void>((resolve) => {
            letGo = resolve
            void work().finally(resolve)
          })
        })
      } catch {
        // Unknown here, or refused in a frame without an origin of its own.
        await work()
      }
    },
  }
}
