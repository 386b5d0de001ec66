// Programs that tests need and a fresh machine lacks: found on the PATH, else installed, where we may.
import { spawn } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Where `npx` finds what this project has.
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Whether packages can be installed here: as root, on a Debian. */
export async function canInstall() {
  const [apt] = await executables(['apt-get'], process.env.PATH)
  return process.getuid?.() === 0 && apt !== undefined
}

/**
 * Installs packages of the system, their output to be seen. Whether it worked shows when we look for what they bring.
 *
 * @param {readonly string[]} names
 */
export async function installPackage(...names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await runInstaller('apt-get', ['update', '-q'], env)
  // Another test file may be installing it at this moment. Without what it recommends, which is a desktop.
  const options = ['-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300']
  await runInstaller('apt-get', ['install', '-q', ...options, ...names], env)
}

/**
 * Runs an installer, its output to be seen.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<void>}
 */
export function runInstaller(command, args, env = process.env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', ({ message }) => {
      console.log(message)
      resolve()
    })
    child.on('close', () => resolve())
  })
}

/**
 * The files of these names on a PATH; an earlier name comes before an earlier folder.
 *
 * @param {readonly string[]} names
 * @param {string | undefined} path
 */
export async function executables(names, path = '') {
  const folders = path.split(delimiter).filter(Boolean)
  const files = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  const executable = await Promise.all(files.map(isExecutable))
  return files.filter((_, index) => executable[index])
}

/** @param {string} file */
export function isExecutable(file) {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
