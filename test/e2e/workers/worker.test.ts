import type { Browser, Page } from 'playwright'
import type { ClientOptions, Explanation, Outcome } from 'rivulet'
import type { FaultyIntake } from 'rivulet/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { openFaultyIntake } from '../../support/faulty-intake.ts'
import { serveSite } from '../../support/site.ts'
import { newContext } from '../../support/visit.ts'

// What a worker knows and has is less than what a page does.

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

const STREAMS = {
  all: {},
  'by pageview': { sample: { unit: 'pageview', rate: 1 } },
  'by session': { sample: { unit: 'session', rate: 1 } },
  'by device': { sample: { unit: 'device', rate: 1 } },
}

test('it has no session and no device of its own: by those it samples where the host gives their ids', async () => {
  const { run, intake } = await startWorker()

  const { outcomes } = await run(Object.keys(STREAMS))
  const ids = { session: '0123456789abcdef0123', device: '3fa85f64-5717-4562-b3fc-2c963f66afa6' }
  const given = await run(Object.keys(STREAMS), { ids })

  expect(wordsOf(outcomes)).toEqual({
    all: 'delivered',
    'by pageview': 'delivered',
    'by session': 'no-id',
    'by device': 'no-id',
  })
  expect(Object.values(wordsOf(given.outcomes))).toEqual(Array(4).fill('delivered'))
  expect(given.explanation).toMatchObject({ goes: true, id: ids.device })
  expect(intake.events()).toHaveLength(6)
})

test('it hears of Global Privacy Control as a page does', async () => {
  const { run } = await startWorker(
    'Object.defineProperty(navigator, "globalPrivacyControl", { value: true })',
  )

  const { outcomes } = await run(['all'])

  expect(wordsOf(outcomes)).toEqual({ all: 'gpc' })
})

test('it has context of its own from the host, and none of a document; nothing is said of that', async () => {
  const provide_values = ['page_title', 'page_content_language', 'agent_client_platform_family', 'job_name']
  const { run, intake, warnings } = await startWorker()

  await run(['all'], {
    streamConfigs: { streams: { all: { producers: { rivulet: { provide_values } } } } },
    context: { job_name: 'resize' },
  })

  expect(intake.events()).toMatchObject([
    { agent: { client_platform_family: 'desktop_browser' }, job: { name: 'resize' } },
  ])
  expect(intake.events()[0]).not.toHaveProperty('page')
  expect(warnings).toEqual([])
})

test('made of a blob, it takes whole URLs, and its events name no domain', async () => {
  const { runInBlob, intake } = await startWorker()

  const { outcomes } = await runInBlob(['all'])
  const { refused } = await runInBlob(['all'], { streamConfigUrl: '/streams.json' })

  expect(wordsOf(outcomes)).toEqual({ all: 'delivered' })
  expect(intake.events()[0]?.meta).not.toHaveProperty('domain')
  expect(refused).toContain('streamConfigUrl is /streams.json')
})

interface Done {
  readonly outcomes: readonly Outcome[]
  /** Of the last stream. */
  readonly explanation?: Explanation
  /** What `createClient` threw. */
  readonly refused?: string
}

type Run = (streams: readonly string[], options?: Partial<ClientOptions>) => Promise<Done>

/** Runs a client in a worker that begins with these lines: one event for each stream, and then what became of them. */
async function startWorker(
  lines = '',
): Promise<{ run: Run; runInBlob: Run; intake: FaultyIntake; warnings: readonly string[] }> {
  const intake = await openFaultyIntake()
  const all = { intakeUrl: intake.intakeUrl, streamConfigs: { streams: STREAMS } }
  const script = `
    onmessage = async ({ data: [streams, options] }) => {
      ${lines}
      const { createClient } = await import('ORIGIN/rivulet/browser.js')
      const outcomes = []
      try {
        const all = { ...${JSON.stringify(all)}, ...options, onOutcome: (outcome) => outcomes.push(outcome) }
        const events = createClient(all)
        for (const stream of streams) events.submit(stream)
        await events.flush()
        const explanation = JSON.parse(JSON.stringify(events.explain(streams.at(-1))))
        postMessage({ outcomes, explanation })
      } catch ({ message }) {
        postMessage({ outcomes, refused: message })
      }
    }
  `
  const site = await serveSite(
    { '/worker.js': script.replace('ORIGIN', '') },
    { headers: { 'access-control-allow-origin': '*' } },
  )
  const context = await newContext(browser)
  const page = await context.newPage()
  const warnings: string[] = []
  page.on('console', (message) => void warnings.push(message.text()))
  await page.goto(`${site}/plain`)
  return {
    run: (streams, options = {}) => runIn(page, '/worker.js', streams, options),
    runInBlob: (streams, options = {}) => runIn(page, script.replace('ORIGIN', site), streams, options),
    intake,
    warnings,
  }
}

function runIn(
  page: Page,
  script: string,
  streams: readonly string[],
  options: Partial<ClientOptions>,
): Promise<Done> {
  return page.evaluate(
    ([script, streams, options]) =>
      new Promise<Done>((resolve, reject) => {
        const url = script.startsWith('/')
          ? script
          : URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
        const worker = new Worker(url, { type: 'module' })
        worker.onerror = ({ message }) => reject(new Error(message))
        worker.onmessage = ({ data }) => resolve(data)
        worker.postMessage([streams, options])
      }),
    [script, streams, options as Record<string, never>] as const,
  )
}

/** By stream. */
function wordsOf(outcomes: readonly Outcome[]): Record<string, string> {
  return Object.fromEntries(
    outcomes.map((outcome) => [outcome.stream, outcome.kind === 'dropped' ? outcome.reason : outcome.kind]),
  )
}
