// One Chromium for the tests, the bench and the demo: the one that is there, else one that is installed now.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { chromium } from 'playwright'
import { canInstall, executables, installPackage, isExecutable, runInstaller } from './install.mjs'

const SYSTEM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

/** A guest on the machine: no updates, no sync, no requests of its own. QUIC would go past the local server. */
export const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  // As root its sandbox does not work.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

/**
 * The path of a Chromium that runs: `$CHROMIUM`, the system's, playwright's own. Where there is none, installs
 * one and says so; where that fails too, throws an error that names the one command to run.
 *
 * @returns {Promise<string>}
 */
export async function findChromium() {
  const found = await installedChromium()
  if (found) return found

  const apt = await canInstall()
  if (apt) {
    console.log('No Chromium found: installing the package "chromium" with apt-get.')
    await installPackage('chromium')
    const installed = await installedChromium()
    if (installed) return installed
  }

  // With root's rights it can bring the libraries it needs along.
  const install = ['playwright', 'install', ...(apt ? ['--with-deps'] : []), 'chromium']
  console.log(`No Chromium found: running "npx ${install.join(' ')}".`)
  await runInstaller('npx', install)
  const installed = await installedChromium()
  if (installed) return installed

  const command = apt
    ? 'apt-get update && apt-get install -y chromium'
    : 'npx playwright install --with-deps chromium'
  throw new Error(
    `There is no Chromium here, and installing one failed (see above). Run: ${command}\n` +
      'Or set CHROMIUM to the path of one.',
  )
}

/**
 * Chooses among the places where a Chromium may be, in order: the named one, the system's, playwright's. A file
 * that does not run is passed over (Ubuntu's chromium-browser may be a note that points to a snap), but not one
 * that was asked for by name.
 *
 * @param {{ named?: string | undefined, path?: string | undefined, playwrights?: string | undefined }} places
 * @returns {Promise<string | undefined>}
 */
export async function chooseChromium({ named, path, playwrights }) {
  if (named) {
    if (await runs(named)) return named
    throw new Error(`$CHROMIUM is "${named}", which is no Chromium that runs. Correct it or unset it.`)
  }

  for (const candidate of [
    ...(await executables(SYSTEM_NAMES, path)),
    ...(playwrights ? [playwrights] : []),
  ]) {
    if (await runs(candidate)) return candidate
  }
  return undefined
}

/**
 * Playwright's `chromium.launch` with a Chromium that is there and keeps quiet.
 *
 * @param {import('playwright').LaunchOptions & { bfcache?: boolean }} [options] `bfcache: true` leaves the
 *   back/forward cache on, which playwright turns off.
 * @returns {Promise<import('playwright').Browser>}
 */
export async function launchChromium(options = {}) {
  return chromium.launch(await quietly(options))
}

/**
 * A Chromium as a person has it: a tab behind another one is hidden, a profile is on disk, and it can be killed.
 * Playwright's own launch would keep each page visible and hide its process.
 *
 * @param {string} profileDir
 * @returns {Promise<{ browser: import('playwright').Browser, context: import('playwright').BrowserContext, kill(): Promise<void> }>}
 *   `kill` ends it at once, with SIGKILL, and resolves when it is gone.
 */
export async function launchUnguarded(profileDir) {
  const { executablePath, args } = await quietly({
    args: ['--headless', '--remote-debugging-port=0', `--user-data-dir=${profileDir}`],
  })
  const child = spawn(executablePath, [...args, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] })
  const closed = once(child, 'close')
  const kill = async () => {
    child.kill('SIGKILL')
    await closed
  }
  try {
    const browser = await chromium.connectOverCDP(await addressIn(child.stderr), { noDefaults: true })
    const [context] = browser.contexts()
    if (!context) throw new Error('this Chromium has no default context')
    return { browser, context, kill }
  } catch (error) {
    await kill()
    throw error
  }
}

/**
 * Kills all renderers of a browser with SIGKILL, as a system short of memory does: each page is gone without a word.
 *
 * @param {import('playwright').Browser} browser
 */
export async function killRenderers(browser) {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  for (const { id, type } of processInfo) if (type === 'renderer') process.kill(id, 'SIGKILL')
  await session.detach()
}

/** @param {AsyncIterable<Buffer>} output */
async function addressIn(output) {
  let text = ''
  for await (const chunk of output) {
    text += chunk
    const [, address] = /DevTools listening on (ws:\S+)/.exec(text) ?? []
    if (address) return address
  }
  throw new Error(`Chromium did not start: ${text}`)
}

/**
 * @template {import('playwright').LaunchOptions} Options
 * @param {Options & { bfcache?: boolean }} options
 */
async function quietly({ bfcache = false, ...options }) {
  const { args = [], ignoreDefaultArgs = [] } = options
  const ignored =
    Array.isArray(ignoreDefaultArgs) && bfcache
      ? [...ignoreDefaultArgs, '--disable-back-forward-cache']
      : ignoreDefaultArgs
  return {
    ...options,
    executablePath: options.executablePath ?? (await findChromium()),
    args: [...QUIET, ...args],
    ignoreDefaultArgs: ignored,
  }
}

function installedChromium() {
  return chooseChromium({
    named: process.env.CHROMIUM,
    path: process.env.PATH,
    playwrights: chromium.executablePath(),
  })
}

/** @param {string} file */
async function runs(file) {
  if (!(await isExecutable(file))) return false
  return promisify(execFile)(file, ['--version'], { timeout: 20_000 }).then(
    ({ stdout }) => /chrom/i.test(stdout),
    () => false,
  )
}
