import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder of files, removed when the test ends. What is no text is written as JSON. */
export async function tempFolder(files: { readonly [path: string]: unknown } = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-schemas-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeInto(folder, files)
  return folder
}

export async function writeInto(folder: string, files: { readonly [path: string]: unknown }): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
}

/** The head of a schema, in draft-07. */
export function head(title: string, version = '1.0.0') {
  return { title, $id: `/${title}/${version}`, $schema: 'https://json-schema.org/draft-07/schema#' }
}
