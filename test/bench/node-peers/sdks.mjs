// Each SDK as its documentation has it, with room for all events: `start` resolves to `submit`, which hands one over as the
// SDK takes it, and `finish`, which resolves when the SDK has heard of all of them.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * The others, in the versions that the figures speak of.
 *
 * @type {Record<string, string>}
 */
export const PEERS = {
  '@snowplow/node-tracker': '4.8.0',
  'posthog-node': '5.70.0',
  '@segment/analytics-node': '3.1.0',
  '@amplitude/analytics-node': '1.5.73',
}

const STREAM = 'bench.event'

/**
 * @typedef {object} Sdk
 * @property {string} name
 * @property {readonly Record<string, unknown>[]} settings among which the quickest is looked for
 * @property {(given: { url: string, events: number, folder: string, settings: any }) => Promise<Started>} start
 *
 * @typedef {{ submit: (data: object) => void, finish: () => Promise<unknown> }} Started
 */

/** @type {readonly Sdk[]} */
export const SDKS = [
  {
    name: 'rivulet',
    settings: [{}],
    start: async ({ url }) => {
      const { createClient } = await import('rivulet')
      const events = createClient({
        intakeUrl: `${url}/rivulet`,
        streamConfigs: { streams: { [STREAM]: {} } },
        maxQueueBytes: 1_000_000_000,
      })
      return {
        submit: (data) => events.submit(STREAM, data),
        finish: async () => {
          while (await events.flush({ timeout: 60_000 })) {}
        },
      }
    },
  },
  {
    name: '@snowplow/node-tracker',
    // Its default for `maxPostBytes` is 40,000.
    settings: [
      { bufferSize: 50, maxPostBytes: 40_000 },
      { bufferSize: 500, maxPostBytes: 500_000 },
    ],
    start: async ({ url, events, folder, settings }) => {
      const { newTracker, buildSelfDescribingEvent } = await load(folder, '@snowplow/node-tracker')
      const { newInMemoryEventStore } = await load(folder, '@snowplow/tracker-core')
      const { hostname, port } = new URL(url)
      /** @type {() => void} */
      let done = () => {}
      let acknowledged = 0
      const allAcknowledged = new Promise((resolve) => {
        done = () => resolve(undefined)
      })
      const tracker = newTracker(
        { namespace: 'bench', appId: 'bench', encodeBase64: false },
        {
          endpoint: hostname,
          port: Number(port),
          protocol: 'http',
          postPath: '/snowplow',
          // It would drop what is beyond 1,000.
          eventStore: newInMemoryEventStore({ maxSize: events }),
          ...settings,
          onRequestSuccess: (/** @type {unknown[]} */ batch) => {
            acknowledged += batch.length
            if (acknowledged >= events) done()
          },
        },
      )
      const schema = 'iglu:org.example/bench/jsonschema/1-0-0'
      return {
        submit: (data) => tracker.track(buildSelfDescribingEvent({ event: { schema, data } })),
        finish: async () => {
          // `flush` does nothing while one is under way, and `track` has not handed over all of them yet.
          while (acknowledged < events) {
            await tracker.flush()
            await Promise.race([allAcknowledged, new Promise((resolve) => setTimeout(resolve, 1))])
          }
        },
      }
    },
  },
  {
    name: 'posthog-node',
    settings: [
      { flushAt: 100, maxBatchSize: 100 },
      { flushAt: 1000, maxBatchSize: 1000 },
    ],
    start: async ({ url, events, folder, settings }) => {
      const { PostHog } = await load(folder, 'posthog-node')
      const posthog = new PostHog('bench', {
        host: url,
        // What is beyond it would be dropped.
        maxQueueSize: events + 1,
        disableCompression: true,
        ...settings,
      })
      return {
        submit: (properties) => posthog.capture({ distinctId: 'bench', event: STREAM, properties }),
        finish: () => posthog.shutdown(120_000),
      }
    },
  },
  {
    name: '@segment/analytics-node',
    settings: [{ flushAt: 100 }, { flushAt: 1000 }],
    start: async ({ url, folder, settings }) => {
      const { Analytics } = await load(folder, '@segment/analytics-node')
      const analytics = new Analytics({ writeKey: 'bench', host: url, path: '/segment', ...settings })
      return {
        submit: (properties) => analytics.track({ userId: 'bench', event: STREAM, properties }),
        finish: () => analytics.closeAndFlush({ timeout: 120_000 }),
      }
    },
  },
  {
    name: '@amplitude/analytics-node',
    settings: [{ flushQueueSize: 300 }, { flushQueueSize: 1000 }],
    start: async ({ url, folder, settings }) => {
      const { init, track, flush } = await load(folder, '@amplitude/analytics-node')
      await init('bench', { serverUrl: `${url}/amplitude`, ...settings }).promise
      /** @type {Promise<unknown>[]} */
      const results = []
      return {
        submit: (properties) => {
          results.push(track(STREAM, properties, { user_id: 'bench' }).promise)
        },
        finish: async () => {
          let done = false
          const all = Promise.all(results).then(() => {
            done = true
          })
          while (!done) {
            await flush().promise
            await Promise.race([all, new Promise((resolve) => setTimeout(resolve, 1))])
          }
        },
      }
    },
  },
]

/**
 * @param {string} folder
 * @param {string} name
 */
async function load(folder, name) {
  const path = createRequire(join(folder, 'package.json')).resolve(name)
  const module = await import(pathToFileURL(path).href)
  return module.default && !module.__esModule ? { ...module.default, ...module } : module
}
