import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const FOLDER = join(ROOT, 'examples/webview')

test("the React Native app's side holds what its types say", async () => {
  const tsc = join(ROOT, 'node_modules/.bin/tsc')
  const { stdout } = await promisify(execFile)(tsc, ['-p', FOLDER]).catch(
    (error: { stdout: string }) => error,
  )

  expect(stdout).toBe('')
})

test.each([
  ['RivuletHost.swift', /^\/\/ UNCHECKED by a compiler/m],
  ['RivuletHost.kt', /^\/\/ CHECKED by hand/m],
  ['RivuletWebView.tsx', /^\/\/ CHECKED/m],
])('%s says at its top how it is checked', async (name, mark) => {
  const [top] = (await readFile(join(FOLDER, name), 'utf8')).split('\n\n')

  expect(top).toMatch(mark)
})
