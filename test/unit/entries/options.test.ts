import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import * as edge from '../../../src/entries/edge.ts'
import * as node from '../../../src/entries/node.ts'
import * as webview from '../../../src/entries/webview.ts'

test('the README lists each option of each build, and no other', async () => {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8')
  const [, section = ''] = /^## Options of `createClient`\n(.*?)^##/ms.exec(readme) ?? []
  const listed = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name)

  const taken = new Set([edge, node, webview].flatMap(optionsOf))

  expect(listed.sort()).toEqual([...taken].sort())
})

/** As the error says that a wrong one gets. */
function optionsOf({ createClient }: { createClient: (options: never) => unknown }): string[] {
  try {
    createClient({ wrong: 1 } as never)
  } catch (error) {
    return /wanted: one of (.*)$/.exec((error as Error).message)?.[1]?.split(',') ?? []
  }
  return []
}
