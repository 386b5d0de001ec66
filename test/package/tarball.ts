import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

/** The folder of the package. */
export const ROOT = resolve(import.meta.dirname, '../..')

/** A tool in node_modules/.bin. */
export const tool = (name: string) => join(ROOT, 'node_modules/.bin', name)

export interface Tarball {
  /** The file that `npm install` takes. */
  readonly path: string
  /** What lies in it, relative to the package's folder. */
  readonly files: readonly string[]
}

/** Packs dist/ as it is into this folder: what `npm publish` would send. */
export async function pack(folder: string): Promise<Tarball> {
  // Without `prepack`, which builds: other tests read dist/ at this moment.
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const { stdout } = await promisify(execFile)('npm', args, { cwd: ROOT })
  const packed: unknown = JSON.parse(stdout)
  // A list up to npm 11, then an object with a key for each package.
  const [entry] = Object.values(packed as Record<string, { filename: string; files: { path: string }[] }>)
  if (!entry) throw new Error(`npm pack packed nothing: ${stdout}`)
  return { path: join(folder, entry.filename), files: entry.files.map(({ path }) => path) }
}
