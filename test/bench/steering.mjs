// From saving a change of the stream config in the console to its effect in an open page: pushed, and by asking.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startIntake } from 'rivulet/intake'
import { STREAM } from './event.mjs'
import { CLIENT } from './page-server.mjs'
import { percentile, rounded } from './statistics.mjs'

export const name = 'steering'

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url))
const REFRESH_SECONDS = 2
/** In ms. */
const PUSHED_WITHIN = 2000
const ASKED_WITHIN = (REFRESH_SECONDS + 1) * 1000

/**
 * @param {import('./lab.mjs').Lab} lab
 * @param {{ quick: boolean }} options
 */
export async function measure(lab, { quick }) {
  const rounds = quick ? 5 : 20
  return { rounds, pushed: await times(lab, true, rounds), asked: await times(lab, false, rounds) }
}

/** @param {Awaited<ReturnType<typeof measure>>} figures */
export function rows({ rounds, pushed, asked }) {
  const row = (/** @type {readonly number[]} */ times) =>
    `p50 ${rounded(percentile(times, 0.5), 0)} ms, longest ${rounded(Math.max(...times), 0)} ms`
  return [
    [
      `from saving a change to its effect in an open page, pushed, ${rounds} changes`,
      row(pushed),
      'goal: 2 s',
    ],
    [`  asked for, refresh_seconds ${REFRESH_SECONDS}`, row(asked), `goal: ${REFRESH_SECONDS} s + 1 s`],
  ]
}

/** @param {Awaited<ReturnType<typeof measure>>} figures */
export function shortfalls({ pushed, asked }) {
  return [
    ...(Math.max(...pushed) > PUSHED_WITHIN ? ['a pushed change took more than 2 s'] : []),
    ...(Math.max(...asked) > ASKED_WITHIN ? ['a change took more than refresh_seconds + 1 s'] : []),
  ]
}

/**
 * In ms, for each change. Page and intake are on one machine, with one clock.
 *
 * @param {import('./lab.mjs').Lab} lab
 * @param {boolean} isPushed
 * @param {number} rounds
 */
function times(lab, isPushed, rounds) {
  return lab.visit(async ({ page }) => {
    const folder = await mkdtemp(join(tmpdir(), 'rivulet-bench-'))
    const streams = join(folder, 'streams.json')
    const config = JSON.parse(await readFile(here('./streams.json'), 'utf8'))
    await writeFile(streams, JSON.stringify({ ...config, refresh_seconds: REFRESH_SECONDS }))
    const intake = await startIntake({
      data: join(folder, 'data'),
      schemas: [here('./schemas')],
      streams,
      port: 0,
    })
    try {
      await page.evaluate(openClient, {
        clientUrl: CLIENT,
        pushUrl: isPushed ? '/dist/config-push.js' : '',
        url: intake.url,
        stream: STREAM,
      })
      /** @type {number[]} */
      const found = []
      for (let round = 0; round < rounds; round++) {
        const saved = Date.now()
        const revision = await change(intake.url, round)
        const seen = await page.evaluate(untilInForce, { stream: STREAM, revision })
        found.push(seen - saved)
      }
      return found
    } finally {
      await intake.close()
      await rm(folder, { recursive: true, force: true })
    }
  })
}

/**
 * As the console saves it.
 *
 * @param {string} url
 * @param {number} round
 */
async function change(url, round) {
  const { etag } = await (await fetch(`${url}/api/streams`)).json()
  const rate = round % 2 ? 0.5 : 1
  const answer = await fetch(`${url}/api/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'if-match': etag, origin: url },
    body: JSON.stringify({
      changes: [{ stream: STREAM, sample: { unit: 'session', rate } }],
      author: 'bench',
      reason: `round ${round}`,
    }),
  })
  if (!answer.ok) throw new Error(`the intake answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()).revision
}

/**
 * Runs in the page.
 *
 * @param {{ clientUrl: string, pushUrl: string, url: string, stream: string }} setting
 */
async function openClient({ clientUrl, pushUrl, url, stream }) {
  /** @type {typeof import('rivulet')} */
  const { createClient } = await import(clientUrl)
  /** @type {typeof import('rivulet/config-push') | undefined} */
  const push = pushUrl ? await import(pushUrl) : undefined
  const client = createClient({
    intakeUrl: `${url}/v1/events`,
    streamConfigUrl: `${url}/v1/stream-configs`,
    ...(push ? { configPush: push.createConfigPush(`${url}/v1/stream-configs/live`) } : {}),
  })
  Object.assign(globalThis, { client })
  while (!client.explain(stream).config) await new Promise((resolve) => setTimeout(resolve, 5))
}

/**
 * Runs in the page. Resolves to when the revision came into force, in ms since 1970.
 *
 * @param {{ stream: string, revision: string }} wanted
 */
async function untilInForce({ stream, revision }) {
  const { client } = /** @type {{ client: import('rivulet').Client }} */ (/** @type {unknown} */ (globalThis))
  while (client.explain(stream).config?.revision !== revision)
    await new Promise((resolve) => setTimeout(resolve, 5))
  return Date.now()
}
