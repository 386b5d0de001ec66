import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Files by path: a text, an object that is written as JSON, or a link to where a URL such as `link:1.0.0.yaml` says. */
export interface Files {
  readonly [path: string]: string | object
}

/** A folder of files, removed when the test ends. */
export async function folderOf(files: Files = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeInto(folder, files)
  return folder
}

/** Writes files below a folder. */
export async function writeInto(folder: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) await write(join(folder, path), content)
}

/** Writes a file, and the folders it needs. */
export async function write(path: string, content: string | object): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  if (typeof content === 'object') return writeFile(path, `${JSON.stringify(content, null, 2)}\n`)
  const [, target] = /^link:(.*)$/.exec(content) ?? []
  return target === undefined ? writeFile(path, content) : symlink(target, path)
}

/** The head of a schema, in draft-07. */
export function head(title: string, version = '1.0.0') {
  return { title, $id: `/${title}/${version}`, $schema: 'https://json-schema.org/draft-07/schema#' }
}
