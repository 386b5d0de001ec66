import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startIntake } from 'rivulet/intake'
import { DATA, STREAM } from '../bench/event.mjs'
import { CLIENT, servePages } from '../bench/page-server.mjs'
import { launchUnguarded } from '../support/chromium.mjs'
import { createRandom } from '../support/random.mjs'
import { startFaultyIntake } from './faulty-intake.mjs'
import { planOf } from './plan.mjs'
import { startVisitor } from './visitor.mjs'

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url))

const EVERY_MS = 100
/** How many more events wait when the intake begins to answer 503. */
const BURST = 200
const SAMPLE_EACH = 10_000
/** The longest that a client waits before it tries again, and a little more. */
const RECOVERS_WITHIN = 6 * 60_000

/** Something to do at a time, in ms since the soak began. @typedef {{ at: number, act: () => Promise<unknown> }} Act */

/**
 * Runs one soak and resolves to what it has shown.
 *
 * @param {{ minutes: number, seed: number, say: (line: string) => void }} options
 */
export async function soak({ minutes, seed, say }) {
  const ms = minutes * 60_000
  const episodes = planOf({ random: createRandom(seed), ms })
  /** What to end with, the last first. @type {(() => Promise<unknown>)[]} */
  const ends = []
  const ending = (/** @type {() => Promise<unknown>} */ end) => ends.unshift(end)
  try {
    const folder = await mkdtemp(join(tmpdir(), 'rivulet-soak-'))
    ending(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
    const data = join(folder, 'data')
    const streams = here('./streams.json')
    const schemas = [here('../bench/schemas')]
    const intake = await startIntake({ data, schemas, streams, port: 0, log: () => {} })
    ending(() => intake.close())
    // Of its own: how often it is asked depends on the machine, and must not change the plan.
    const faulty = await startFaultyIntake(intake.url, createRandom(seed + 1))
    ending(() => faulty.close())
    const pages = await servePages()
    ending(() => pages.close())
    const { browser, context, kill } = await launchUnguarded(join(folder, 'profile'))
    ending(kill)

    const visitor = await startVisitor({
      browser,
      context,
      url: pages.url,
      setting: {
        clientUrl: CLIENT,
        options: {
          intakeUrl: `${faulty.url}/v1/events`,
          streamConfigUrl: `${faulty.url}/v1/stream-configs`,
          schemas: { [STREAM]: { $schema: '/bench/action/1.0.0' } },
        },
        stream: STREAM,
        data: DATA,
        everyMs: EVERY_MS,
      },
    })
    const start = Date.now()
    for (const { at, act } of actsOf({ episodes, ms, faulty, visitor, say })) {
      await sleep(Math.max(0, start + at - Date.now()))
      await act()
    }
    await faulty.fail(undefined)
    const left = await visitor.finish(RECOVERS_WITHIN)
    const tookMs = Date.now() - start

    return {
      episodes,
      tookMs,
      chromium: browser.version(),
      warnings: visitor.warnings,
      record: {
        ...visitor,
        ...faulty,
        stored: await linesById(join(data, STREAM)),
        left,
        losses: await lossesIn(data),
      },
    }
  } finally {
    for (const end of ends) await end()
  }
}

/**
 * All that happens in a soak, in order.
 *
 * @param {object} options
 * @param {readonly import('./plan.mjs').Episode[]} options.episodes
 * @param {number} options.ms
 * @param {Awaited<ReturnType<typeof startFaultyIntake>>} options.faulty
 * @param {Awaited<ReturnType<typeof startVisitor>>} options.visitor
 * @param {(line: string) => void} options.say
 * @returns {Act[]}
 */
function actsOf({ episodes, ms, faulty, visitor, say }) {
  /** @type {Act[]} */
  const acts = [{ at: ms, act: async () => say(`${clock(ms)} over: no more faults`) }]
  for (let at = SAMPLE_EACH; at < ms; at += SAMPLE_EACH) acts.push({ at, act: visitor.sampleHeap })
  for (const { fault, start, end, hidden, last } of episodes) {
    const begin = async () => {
      say(`${clock(start)} ${fault} for ${Math.round((end - start) / 1000)} s`)
      await faulty.fail(fault)
      if (fault === 'unavailable') await visitor.burst(BURST)
    }
    acts.push({ at: start, act: begin }, { at: end, act: () => faulty.fail(undefined) })
    if (hidden) acts.push({ at: hidden.start, act: visitor.hide }, { at: hidden.end, act: visitor.show })
    if (last) {
      const finish = async () => {
        say(`${clock(last.at)} the page ends: ${last.how}`)
        await visitor.end(last.how)
      }
      acts.push({ at: last.at, act: finish })
    }
  }
  return acts.sort((one, other) => one.at - other.at)
}

/** @param {number} ms */
function clock(ms) {
  const seconds = Math.round(ms / 1000)
  return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}`
}

/**
 * By id: in how many lines an event is stored.
 *
 * @param {string} folder of a stream
 */
async function linesById(folder) {
  /** @type {Map<string, number>} */
  const lines = new Map()
  for (const file of await readdir(folder)) {
    const text = await readFile(join(folder, file), 'utf8')
    for (const line of text.split('\n').slice(0, -1)) {
      const { id } = JSON.parse(line).meta
      lines.set(id, 1 + (lines.get(id) ?? 0))
    }
  }
  return lines
}

/**
 * What `rivulet loss` says, from the stored events alone.
 *
 * @param {string} data
 * @returns {Promise<import('./verdict.mjs').Losses>}
 */
async function lossesIn(data) {
  const command = [here('../../dist/cli.js'), 'loss', '--stream', STREAM, '--data', data, '--json']
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] })
  const { losses } = JSON.parse(await text(child.stdout))
  return losses[0]
}
