import { type Client, SDK } from '../core/client.ts'
import type { Environment } from '../core/environment.ts'
import type { Event } from '../core/event.ts'
import { fieldsOf } from '../core/fields.ts'
import type { ClientOptions, Consent } from '../core/options.ts'
import type { AppMessage, Connect } from './bridge.ts'

/** In ms: as long are the app's acks waited for. To write a batch takes it a few. */
const ACKS_WITHIN = 5000

/** In ms: after as long, an app that was silent is said hello again. */
const ASK_AFTER = 60_000

/**
 * A client whose events are handed to the app around the page, and which does without it where it does not answer. It
 * is made by `create`, of a platform like the one that is given. Until the app has said hello, at most for
 * `helloTimeout` ms, events wait as on a page that is not shown yet: nothing is written, and nothing is sampled by ids
 * that may not be the app's.
 */
export function createWebviewClient(
  given: ClientOptions,
  platform: Environment,
  create: (options: ClientOptions, platform: Environment) => Client,
  connect: Connect,
  helloTimeout = 1000,
): Client {
  const { after, phase } = platform
  const ids = { ...given.ids }
  /** Of batches that the app has been given. */
  const onAcks = new Set<(acks: object) => void>()
  /** What it has said of itself, until it is silent where it ought to answer. */
  let app: AppMessage | undefined
  /** What it has said of consent, and the page since it last said something new. */
  let appConsent: Consent | undefined
  let ownConsent: Consent | undefined
  let config = ''
  let push = (_: string) => {}
  let client: Client | undefined
  let waiting = false

  const say = connect(hear, greet)
  waiting = greet() || Boolean(app)
  after(helloTimeout, stopWaiting)
  // It may be the last that the page hears.
  platform.onPhase((next) => {
    if (next !== 'visible') stopWaiting()
  })

  function greet(): boolean {
    return say({ type: 'hello', sdk: SDK })
  }

  function hear(message: AppMessage): void {
    const before = consentOfNow()
    // What the page gives is meant to stay.
    Object.assign(ids, message.ids, idsGiven(given))
    for (const listener of onAcks) listener(fieldsOf(message.acks))
    if (message.config) {
      config = JSON.stringify(message.config)
      push(config)
    }
    if (message.type === 'hello') app = message
    const { consent = appConsent } = message
    // It says the same again with each hello, and its first word is as old as the page; meanwhile the page may have been
    // told otherwise.
    if (consent !== appConsent && isConsent(consent)) {
      if (appConsent) ownConsent = undefined
      appConsent = consent
    }
    if (waiting ? app : consentOfNow() !== before) settle()
  }

  function consentOfNow(): Consent {
    return ownConsent ?? appConsent ?? given.consent ?? 'granted'
  }

  function stopWaiting(): void {
    if (waiting) settle()
  }

  /** What is known of the app is all that there is for now. */
  function settle(): void {
    if (!client) return
    waiting = false
    client.setConsent(consentOfNow())
  }

  async function post(url: string, body: string): ReturnType<Environment['post']> {
    const events: Event[] = JSON.parse(body)
    if (!/\back\b/.test(String(app?.capabilities)) || events.some(staysHere)) return platform.post(url, body)

    const missing = new Set(events.map(({ meta }) => meta.id))
    const invalid: object[] = []
    // Before it is handed over, since an app may answer within the call.
    const acked = new Promise<void>((resolve) => {
      const listener = (acks: object) => {
        for (const [id, ack] of Object.entries(acks)) {
          const isRefused = typeof ack === 'string'
          if ((isRefused || ack === true) && missing.delete(id) && isRefused)
            invalid.push({ event: { meta: { id } }, context: { message: ack } })
        }
        if (!missing.size) resolve()
      }
      onAcks.add(listener)
      after(ACKS_WITHIN, () => {
        onAcks.delete(listener)
        resolve()
      })
    })
    // The time of sending, which the core has added, will be the app's.
    if (!say({ type: 'events', url: url.replace(/.sent=\d+$/, ''), events })) return platform.post(url, body)
    if (phase() === 'gone') return 'unheard'
    await acked
    if (missing.size) {
      app = undefined
      after(ASK_AFTER, greet)
      return platform.post(url, body)
    }
    // As EventGate would say it; what is not in the list is delivered.
    return { status: 207, text: JSON.stringify({ invalid }), foreign: false }
  }

  /** What must not be written to the device is not given to those who would. */
  function staysHere({ meta }: Event): boolean | undefined {
    const { consent, config } = client!.explain(meta.stream)
    return consent !== 'granted' || config?.volatile
  }

  const environment: Environment = {
    ...platform,
    post,
    phase: () => (waiting ? 'prerendered' : phase()),
    inForce: (config) =>
      app?.sampling === 'app' &&
      consentOfNow() === 'granted' &&
      config.sample &&
      config.sample.unit !== 'pageview' &&
      !config.volatile
        ? { ...config, sample: { ...config.sample, rate: 1 } }
        : config,
  }
  const configPush: ClientOptions['configPush'] = (_, onConfig) => {
    push = onConfig
    // What is pushed while the client is made would come before the rest of it.
    if (client && config) push(config)
    return () => {}
  }
  const made = create({ ...given, configPush: given.configPush ?? configPush, ids }, environment)
  client = made
  if (app) settle()
  return {
    ...made,
    setConsent: (next) => {
      ownConsent = next
      made.setConsent(next)
    },
  }
}

/** Those that are there: one that the page has not got does not replace the app's. */
function idsGiven({ ids = {} }: ClientOptions): object {
  return Object.fromEntries(Object.entries(ids).filter(([, id]) => id !== undefined))
}

function isConsent(said: unknown): said is Consent {
  return ['granted', 'pending', 'denied'].includes(said as string)
}
