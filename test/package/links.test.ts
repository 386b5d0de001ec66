import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT } from './tarball.ts'

test('each link from one of our documents to another, or to a file, leads there, heading included', async () => {
  const folders = ['.', 'docs', 'examples/schemas-ci', 'examples/webview']
  const documents = (await Promise.all(folders.map(documentsIn))).flat()
  const texts = new Map(
    await Promise.all(documents.map(async (path) => [path, await readFile(path, 'utf8')] as const)),
  )

  const links = [...texts].flatMap(([path, text]) => linksIn(text).map((link) => ({ path, link })))
  const broken = links.filter(({ path, link }) => {
    const [file = '', heading] = link.split('#')
    const target = file ? resolve(dirname(path), file) : path
    return !existsSync(target) || (heading !== undefined && !anchorsIn(texts.get(target)).includes(heading))
  })

  expect(links.length).toBeGreaterThan(30)
  expect(broken.map(({ path, link }) => `${relative(ROOT, path)}: ${link}`)).toEqual([])
})

test('each page of docs is linked from the README', async () => {
  const readme = linksIn(await readFile(join(ROOT, 'README.md'), 'utf8')).map((link) => link.split('#')[0])
  const pages = (await documentsIn('docs')).map((path) => relative(ROOT, path))

  expect(pages.filter((page) => !readme.includes(page))).toEqual([])
})

describe('of a document', () => {
  const text = [
    ...['# `createX`: how, and why not', '## Twice', 'a [link](docs/x.md#a) and [more', 'of it](#twice-1)'],
    ...['## Twice', '```js', '# no heading [no link](nowhere.md)', '```', '[web](https://example.org/#a)'],
  ].join('\n')

  test('links are found, but for those in code and to the web', () => {
    expect(linksIn(text)).toEqual(['docs/x.md#a', '#twice-1'])
  })

  test('headings have the anchors that GitHub gives them', () => {
    expect(anchorsIn(text)).toEqual(['createx-how-and-why-not', 'twice', 'twice-1'])
  })
})

async function documentsIn(folder: string): Promise<string[]> {
  const names = await readdir(join(ROOT, folder))
  return names.filter((name) => name.endsWith('.md')).map((name) => join(ROOT, folder, name))
}

function linksIn(text: string): string[] {
  const links = withoutCode(text).matchAll(/\]\(([^()\s]+)\)/g)
  return [...links].map(([, link]) => link!).filter((link) => !/^[a-z]+:/.test(link))
}

function anchorsIn(text = ''): string[] {
  const seen = new Map<string, number>()
  return [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => {
    const anchor = heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-')
    const times = seen.get(anchor) ?? 0
    seen.set(anchor, times + 1)
    return times ? `${anchor}-${times}` : anchor
  })
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '')
}
