import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/**
 * Installs what a bench measures beside Rivulet into a folder for temporary files, once for each set of versions.
 *
 * @param {{ bench: string, what: string, versions: { readonly [name: string]: string } }} peers
 * @returns {Promise<string>} the folder
 */
export async function installPeers({ bench, what, versions }) {
  const folder = join(tmpdir(), `rivulet-${bench}-peers-${Object.values(versions).join('-')}`)
  if (existsSync(folder)) return folder
  console.error(`bench: installing ${what} …`)
  const half = `${folder}.${process.pid}`
  await mkdir(half, { recursive: true })
  try {
    await writeFile(join(half, 'package.json'), JSON.stringify({ private: true, dependencies: versions }))
    await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund'], { cwd: half, timeout: 300_000 })
    await rename(half, folder)
  } catch (cause) {
    throw new Error(`${what} could not be installed into ${half}: is npm's registry there?`, { cause })
  } finally {
    await rm(half, { recursive: true, force: true })
  }
  return folder
}
