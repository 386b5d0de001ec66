// The browsers that the fault stories run in: those that are here, else those that are installed now.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { findChromium } from '../chromium.mjs'
import { canInstall, executables, installPackage, isExecutable } from '../install.mjs'

/** @typedef {'chromium' | 'firefox' | 'webkit'} EngineName */

/** @type {readonly EngineName[]} */
export const ENGINES = ['chromium', 'firefox', 'webkit']

/**
 * The engines that `$RIVULET_ENGINES` asks for: names with commas between them, or `all`. By default Chromium.
 *
 * @returns {readonly EngineName[]}
 */
export function enginesAsked(asked = process.env.RIVULET_ENGINES) {
  const names = asked === 'all' ? ENGINES : (asked || 'chromium').split(',').map((name) => name.trim())
  const unknown = names.find((name) => !ENGINES.some((engine) => engine === name))
  if (unknown !== undefined)
    throw new Error(`$RIVULET_ENGINES has "${unknown}"; there are ${ENGINES.join(', ')}, and all.`)
  return ENGINES.filter((engine) => names.includes(engine))
}

/**
 * Sees to it that an engine can be started, or throws an error that says what to run.
 *
 * @param {EngineName} engine
 */
export async function findEngine(engine) {
  if (engine === 'firefox') await findFirefox()
  else if (engine === 'webkit') {
    await findXvfb()
    await findMiniBrowser()
  }
  // The tests take this one, instead of each looking for its own.
  else process.env.CHROMIUM = await findChromium()
}

/** @returns {Promise<string>} The path of a Firefox. */
export function findFirefox() {
  return find('Firefox', 'firefox-esr', () => executables(['firefox-esr', 'firefox'], process.env.PATH))
}

/** @returns {Promise<string>} The path of the browser that comes with WebKitGTK. */
export function findMiniBrowser() {
  return find('MiniBrowser of WebKitGTK', 'libwebkit2gtk-4.1-0', async () => {
    // /usr/lib/<the machine's name for itself>/…
    const folders = [...(await readdir('/usr/lib')).map((name) => join('/usr/lib', name)), '/usr/libexec']
    const files = folders.map((folder) => join(folder, 'webkit2gtk-4.1/MiniBrowser'))
    const executable = await Promise.all(files.map(isExecutable))
    return files.filter((_, index) => executable[index])
  })
}

/** @returns {Promise<string>} The path of the display without a screen that MiniBrowser needs. */
export function findXvfb() {
  return find('Xvfb', 'xvfb', () => executables(['Xvfb'], process.env.PATH))
}

/**
 * @param {string} what
 * @param {string} name Of the package that has it.
 * @param {() => Promise<readonly string[]>} look
 */
async function find(what, name, look) {
  const [found] = await look()
  if (found) return found

  if (await canInstall()) {
    console.log(`No ${what} found: installing the package "${name}" with apt-get.`)
    await installPackage(name)
    const [installed] = await look()
    if (installed) return installed
  }
  throw new Error(
    `There is no ${what} here, and it could not be installed. Run, as root on a Debian:\n` +
      `apt-get update && apt-get install -y --no-install-recommends ${name}\n` +
      'Or leave its engine out of $RIVULET_ENGINES.',
  )
}
