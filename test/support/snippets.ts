import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** The JavaScript of a page of docs/ that names its file in its first line, as in `// sw.js`, by that name. */
export async function snippetsOf(page: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(fileURLToPath(new URL(`../../docs/${page}`, import.meta.url)), 'utf8')
  const blocks = [...text.matchAll(/```js\n\/\/ (\S+)\n(.*?)```/gs)]
  return Object.fromEntries(blocks.map(([, name, code]) => [name, code]))
}
