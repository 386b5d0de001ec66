import type { Answer, Environment, Told, Unit } from '../core/environment.ts'
import { httpUrl } from '../environments/http.ts'
import { createIds } from '../environments/ids.ts'
import { createOwnTurns } from '../environments/own-turns.ts'
import { pageContext } from '../environments/page-context.ts'
import type { Time } from './driven-time.ts'
import type { DirectIntake } from './memory-intake.ts'

/** A client loses patience after as many ms. */
const ANSWER_WITHIN = 30_000

export interface MemoryEnvironmentOptions {
  readonly time: Time
  readonly intake: DirectIntake
  readonly domain?: string | undefined
  readonly gpc: boolean
}

/** An environment in memory, and how to tell the client in it what other tabs would. */
export interface MemoryEnvironment {
  readonly environment: Environment
  tell(told: Told): void
}

/**
 * A page that is always seen, whose storage is empty at the start, and whose requests reach an intake in memory. Each of
 * its ids is in sample at every rate above 0.
 */
export function createMemoryEnvironment({
  time,
  intake,
  domain,
  gpc,
}: MemoryEnvironmentOptions): MemoryEnvironment {
  const memory = new Map<string, string>()
  const listeners = new Set<(told: Told) => void>()
  const memo: Environment['memo'] = {
    read: (key) => memory.get(key),
    write: (key, text) => void memory.set(key, text),
  }
  const { eventId, ids, forget } = createIds({ now: time.now, memo })

  const environment: Environment = {
    ...(domain === undefined ? {} : { domain }),
    eventId,
    ids: { pageview: inSample('pageview'), session: inSample('session'), device: inSample('device') },
    // In tests that have a page.
    context: typeof document === 'undefined' ? {} : pageContext(document),
    memo,
    forget: () => {
      forget()
      memory.clear()
    },
    ...time,
    random: Math.random,
    resolve: (url) => httpUrl(url, 'https://app.test/'),
    // What the test gives and tells is all the config there is.
    get: () => new Promise(() => {}),
    post: (_, body) => post(body),
    answers: async () => false,
    alone: createOwnTurns(),
    tell: () => {},
    onTold: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    gpc: () => gpc,
    phase: () => 'visible',
    onPhase: () => () => {},
    warn: (message, cause = '') => console.warn(`rivulet: ${message}`, cause),
  }

  /** What an id is drawn by are its first eight digits. */
  function inSample(unit: Unit): () => string | undefined {
    return () => ids[unit]()?.replace(/^.{8}/, '00000000')
  }

  async function post(body: string): Promise<Answer> {
    const { answer, after } = intake.take(body)
    await passing(answer === 'hang' ? ANSWER_WITHIN : after)
    if (typeof answer === 'string')
      return { status: 0, text: `${answer}: a fault of the test`, foreign: false }
    const { status, headers = {}, body: said = '' } = answer
    return {
      status,
      text: typeof said === 'string' ? said : JSON.stringify(said),
      foreign: /html/.test(headers['content-type'] ?? ''),
      retryAfter: headers['retry-after'] ?? null,
    }
  }

  async function passing(ms: number): Promise<void> {
    if (ms) await new Promise<void>((resolve) => time.after(ms, resolve))
  }

  return {
    environment,
    tell: (told) => {
      for (const listener of listeners) listener(told)
    },
  }
}
