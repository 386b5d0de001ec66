import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findChromium } from '../../support/chromium.mjs'
import { folderOf } from '../../support/folder.ts'
import { runNode, tool } from './programs.ts'

interface Suite {
  readonly title: string
  readonly specs: readonly Spec[]
  readonly suites?: readonly Suite[]
}

interface Spec {
  readonly title: string
  readonly ok: boolean
  readonly tests: readonly { readonly results: readonly Result[] }[]
}

interface Result {
  readonly errors: readonly { readonly message: string }[]
  readonly attachments: readonly { readonly name: string; readonly body?: string; readonly path?: string }[]
}

const NEAREST = 'FAILS with the nearest one'

test("Playwright's fixture collects what pages submit", { timeout: 240_000 }, async () => {
  const output = await folderOf()
  const report = join(output, 'report.json')

  const { output: said } = await runNode(
    [tool('@playwright/test/cli.js'), 'test', '--reporter=json', '--output', join(output, 'results')],
    {
      cwd: join(import.meta.dirname, 'fixture'),
      env: { CHROMIUM: await findChromium(), PLAYWRIGHT_JSON_OUTPUT_NAME: report },
    },
  )

  const { suites } = JSON.parse(
    await readFile(report, 'utf8').catch(() => {
      throw new Error(said)
    }),
  )
  const specs = suites.flatMap(specsOf) as readonly Spec[]
  const failed = specs.filter(({ ok }) => !ok)
  expect(specs).toHaveLength(16)
  expect(
    Object.fromEntries(failed.map((spec) => [spec.title, messageOf(spec)])),
    said.slice(0, 5000),
  ).toEqual({
    'FAILS and tells what was refused': expect.stringContaining(
      [
        'no event of shop.click with {"action":"buy"} was submitted within 300 ms',
        '  rejected as invalid: shop.click {"action":"steal"}',
        '    /action breaks "const" (was "steal")',
        '  to other streams: shop.view (1)',
      ].join('\n'),
    ),
    [NEAREST]: expect.stringContaining(
      [
        'no event of shop.click with {"action":"buy","product":"mug"} was submitted within 300 ms',
        '  the nearest of 1 of shop.click:',
        '    /action is "open", wanted "buy"',
      ].join('\n'),
    ),
  })
  // What was there is attached, to be looked at afterwards.
  const { tests } = failed.find(({ title }) => title === NEAREST)!
  const [attachment] = tests[0]!.results[0]!.attachments.filter(({ name }) => name === 'submitted')
  expect(Buffer.from(attachment?.body ?? '', 'base64').toString()).toContain('"product": "mug"')
})

function specsOf({ specs, suites = [] }: Suite): readonly Spec[] {
  return [...specs, ...suites.flatMap(specsOf)]
}

function messageOf({ tests }: Spec): string {
  return tests
    .flatMap(({ results }) => results.flatMap(({ errors }) => errors.map(({ message }) => message)))
    .join('\n')
}
