import { type Client, SDK } from '../core/client.ts'
import type { Environment } from '../core/environment.ts'
import type { Event } from '../core/event.ts'
import { fieldsOf } from '../core/fields.ts'
import type { ClientOptions } from '../core/options.ts'
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
  let { consent = 'granted' } = given
  let config = ''
  let push = (_: string) => {}
  let client: Client | undefined
  let waiting = false

  const say = connect(hear)
  const greet = () => say({ type: 'hello', sdk: SDK })
  waiting = greet() || Boolean(app)
  after(helloTimeout, stopWaiting)
  // It may be the last that the page hears.
  platform.onPhase((next) => {
    if (next !== 'visible') stopWaiting()
  })

  function hear(message: AppMessage): void {
    const { consent: next = consent } = message
    // What the page gives is meant to stay.
    Object.assign(ids, message.ids, given.ids)
    for (const listener of onAcks) listener(fieldsOf(message.acks))
    if (message.config) {
      config = JSON.stringify(message.config)
      push(config)
    }
    if (message.type === 'hello') app = message
    // It says the same again with each hello; meanwhile the page may have been told otherwise.
    const isNew = next !== consent
    consent = next
    if (waiting ? app : isNew) settle()
  }

  function stopWaiting(): void {
    if (waiting) settle()
  }

  /** What is known of the app is all that there is for now. */
  function settle(): void {
    if (!client) return
    waiting = false
    client.setConsent(consent)
  }

  async function post(url: string, body: string): ReturnType<Environment['post']> {
    const events: Event[] = JSON.parse(body)
    const takes = /ack/.test(String(app?.capabilities)) && !events.some(staysHere)
    // The time of sending, which the core has added, will be the app's.
    if (!takes || !say({ type: 'events', url: url.replace(/.sent=\d+$/, ''), events }))
      return platform.post(url, body)
    if (phase() === 'gone') return 'unheard'

    const missing = new Set(events.map(({ meta }) => meta.id))
    const invalid: object[] = []
    await new Promise<void>((resolve) => {
      const listener = (acks: object) => {
        for (const [id, ack] of Object.entries(acks))
          if (missing.delete(id) && ack !== true)
            invalid.push({ event: { meta: { id } }, context: { message: ack } })
        if (!missing.size) resolve()
      }
      onAcks.add(listener)
      after(ACKS_WITHIN, () => {
        onAcks.delete(listener)
        resolve()
      })
    })
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
      app?.sampling === 'app' && config.sample && config.sample.unit !== 'pageview' && !config.volatile
        ? { ...config, sample: { ...config.sample, rate: 1 } }
        : config,
  }
  const configPush: ClientOptions['configPush'] = (_, onConfig) => {
    push = onConfig
    // What is pushed while the client is made would come before the rest of it.
    if (client && config) push(config)
    return () => {}
  }
  client = create({ configPush, ...given, ids }, environment)
  if (app) settle()
  return client
}
