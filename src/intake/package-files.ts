import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of this package, whichever of src, build and dist this file runs from. */
const PACKAGE_FOLDER = packageFolderAbove(dirname(fileURLToPath(import.meta.url)))

function packageFolderAbove(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : packageFolderAbove(dirname(folder))
}

/** The schemas of Rivulet's own events. */
export const OWN_SCHEMAS = join(PACKAGE_FOLDER, 'schemas')

/** What generated validators share, as pages load it. Missing where the package is not built. */
export const VALIDATOR_FILE = join(PACKAGE_FOLDER, 'dist/validator.js')

/** The process that answers queries. Missing where the package is not built. */
export const QUERY_PROCESS = join(PACKAGE_FOLDER, 'dist/query-process.js')

/** This package's version. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(join(PACKAGE_FOLDER, 'package.json'), 'utf8')).version
}

// Beside this file in src, where the script is not compiled; complete in dist, which code in a chunk cannot find beside itself.
const CONSOLE_FOLDERS = [
  fileURLToPath(new URL('./console/', import.meta.url)),
  join(PACKAGE_FOLDER, 'dist', 'console'),
]

/** A file of the console by its name, or undefined where there is none. */
export function readConsoleFile(name: string): Buffer | undefined {
  const path = CONSOLE_FOLDERS.map((folder) => join(folder, name)).find((file) => existsSync(file))
  return path === undefined ? undefined : readFileSync(path)
}
