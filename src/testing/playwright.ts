import type {
  BrowserContext,
  Fixtures,
  PlaywrightTestArgs,
  PlaywrightTestOptions,
  PlaywrightWorkerArgs,
  PlaywrightWorkerOptions,
  Route,
} from '@playwright/test'
import type { StreamSchemas } from '../core/options.ts'
import { assertionError, notThere } from './assertion.ts'
import { everyStream } from './every-stream.ts'
import { inWords } from './expectations.ts'
import { type FaultyIntake, startFaultyIntake } from './faulty-intake.ts'
import { differences, type Matching, shown } from './matching.ts'
import type { Rejected } from './memory-intake.ts'
import type { SubmittedEvent } from './recording-client.ts'

export type { FaultyIntake } from './faulty-intake.ts'
export type { Matching } from './matching.ts'
export type { Rejected } from './memory-intake.ts'
export type { SubmittedEvent } from './recording-client.ts'

/** What a test says of the page's client: `test.use({ rivulet: { … } })`. */
export interface RivuletOptions<Schemas extends StreamSchemas = StreamSchemas> {
  /** Where pages send events: a path on any host, a whole URL, or a pattern for it. Default: `/v1/events`. */
  readonly intakeUrl?: string | RegExp
  /** Where pages ask for stream config. Default: `/v1/stream-configs`. */
  readonly streamConfigUrl?: string | RegExp
  /** What they get as stream config. Default: every stream goes, whole. */
  readonly streamConfigs?: object
  /** The `schemas` of a file that `rivulet generate` has written: what is invalid is refused. Default: none. */
  readonly schemas?: Schemas
}

/** What `test.extend(fixtures)` adds to a test. */
export interface RivuletFixtures<Schemas extends StreamSchemas = StreamSchemas> {
  rivulet: RivuletOptions<Schemas>
  submitted: Submitted<Schemas>
}

/** What the pages of a test submitted, as their intake has it: each event once, in the order of arrival. */
export interface Submitted<Schemas extends StreamSchemas = StreamSchemas> {
  /**
   * Resolves to the first event of the stream that has these fields, once it is there. Rejects after `timeout` ms
   * (5,000), with what is there instead.
   */
  until<Stream extends keyof Schemas & string>(
    stream: Stream,
    fields?: Matching<SubmittedEvent<Schemas, Stream>>,
    options?: { readonly timeout?: number },
  ): Promise<SubmittedEvent<Schemas, Stream>>
  /** Events of the stream so far, with these fields where they are given. */
  events<Stream extends keyof Schemas & string>(
    stream: Stream,
    fields?: Matching<SubmittedEvent<Schemas, Stream>>,
  ): readonly SubmittedEvent<Schemas, Stream>[]
  /** What the schemas refused so far. */
  rejected(stream?: keyof Schemas & string): readonly Rejected[]
  /** Collects from the pages of another context, too, as from those of the test's own. */
  collectFrom(context: BrowserContext): Promise<void>
  /** What got the events: for faults, another stream config, and URLs that a page may be given as its own. */
  readonly intake: FaultyIntake
}

interface Addresses {
  /** Of the real thing. */
  readonly pattern: RegExp
  /** Of the fixture's. */
  readonly url: string
}

/** For `test.extend(fixtures)`; with generated types `test.extend<RivuletFixtures<Schemas>>(fixtures)`. */
export const fixtures: Fixtures<
  // biome-ignore lint/suspicious/noExplicitAny: they are the fixtures of whatever schemas.
  RivuletFixtures<any>,
  object,
  PlaywrightTestArgs & PlaywrightTestOptions,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions
> = {
  rivulet: [{}, { option: true }],
  submitted: async ({ context, rivulet }, use, testInfo) => {
    const { schemas, streamConfigs = everyStream(schemas) } = rivulet
    const intake = await startFaultyIntake({ streamConfigs, schemas })
    try {
      const submitted = submittedTo(intake, rivulet)
      await submitted.collectFrom(context)
      await use(submitted)
      if (testInfo.status !== testInfo.expectedStatus) {
        const body = JSON.stringify({ posts: intake.posts, rejected: intake.rejected() }, null, 2)
        await testInfo.attach('submitted', { body, contentType: 'application/json' })
      }
    } finally {
      await intake.close()
    }
  },
}

function submittedTo(
  intake: FaultyIntake,
  { intakeUrl = '/v1/events', streamConfigUrl = '/v1/stream-configs' }: RivuletOptions,
): Submitted {
  const events = { pattern: patternOf(intakeUrl), url: intake.intakeUrl }
  const configs = { pattern: patternOf(streamConfigUrl, '(/live)?'), url: intake.streamConfigUrl }
  const found = (stream: string, fields: object = {}) =>
    intake
      .events()
      .filter(
        ({ meta, ...event }) => meta.stream === stream && !differences(fields, { ...event, meta }).length,
      )

  async function until(stream: string, fields: object = {}, { timeout = 5000 } = {}) {
    try {
      await intake.until(() => found(stream, fields).length > 0, { timeout })
    } catch {
      const findings = {
        stream,
        wanted: fields,
        events: found(stream),
        missing: intake
          .rejected()
          .filter(({ event }) => event.meta.stream === stream)
          .map(rejectedInWords),
        streams: intake.events().map(({ meta }) => meta.stream),
      }
      throw assertionError(notThere(findings, `submitted within ${timeout} ms`), until)
    }
    return found(stream, fields)[0]!
  }

  return {
    until,
    events: found,
    rejected: (stream) =>
      intake.rejected().filter(({ event }) => stream === undefined || event.meta.stream === stream),
    collectFrom: async (context) => {
      await context.addInitScript(divertBeacons, {
        source: events.pattern.source,
        flags: events.pattern.flags,
        url: events.url,
      })
      await context.route(events.pattern, (route) => lead(route, events))
      await context.route(configs.pattern, (route) => lead(route, configs))
    },
    intake,
  }
}

/** In the page. The beacons of a page that goes are seen by no route, so that they are sent to the fixture itself. */
function divertBeacons({ source, flags, url }: { source: string; flags: string; url: string }): void {
  const pattern = new RegExp(source, flags)
  const { sendBeacon } = Navigator.prototype
  Navigator.prototype.sendBeacon = function (target, data) {
    const { href, search } = new URL(target, document.baseURI)
    return sendBeacon.call(this, pattern.test(href) ? url + search : target, data)
  }
}

/** Asks the fixture's intake in place of the real one; the page sees its own URL. */
async function lead(route: Route, { url }: Addresses): Promise<void> {
  const request = route.request()
  const { search, pathname } = new URL(request.url())
  try {
    // A feed of config would bring the real one; 204 tells an EventSource not to come again.
    if (pathname.endsWith('/live')) return await route.fulfill({ status: 204 })
    const response = await route.fetch({ url: url + search, timeout: 0 })
    await route.fulfill({ response })
  } catch {
    // The intake cut it off, or the page is gone, and with it the route.
    await route.abort('connectionreset').catch(() => {})
  }
}

/** A path, of whatever host, or a URL, as it is or with a query. */
function patternOf(url: string | RegExp, tail = ''): RegExp {
  if (typeof url !== 'string') return url
  const escaped = url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${url.startsWith('/') ? 'https?://[^/?#]+' : ''}${escaped}${tail}([?#]|$)`)
}

function rejectedInWords({ event, problems }: Rejected): string {
  const { meta, dt: _, $schema: __, ...data } = event
  const why = problems.map((problem) => `\n    ${inWords(problem, event)}`).join('')
  return `rejected as invalid: ${meta.stream} ${shown(data)}${why}`
}
