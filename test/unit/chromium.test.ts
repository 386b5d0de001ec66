import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { chooseChromium } from '../support/chromium.mjs'

describe('of the Chromiums on a machine', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rivulet-chromium-'))
  })

  afterEach(() => rm(folder, { recursive: true, force: true }))

  test('the named one comes first', async () => {
    const named = await executable('mine', 'Chromium 150.0')
    await executable('chromium', 'Chromium 149.0')

    expect(await chooseChromium({ named, path: folder })).toBe(named)
  })

  test('the one on the PATH comes before that of playwright', async () => {
    const system = await executable('google-chrome', 'Google Chrome 150.0')
    const playwrights = await executable('playwrights', 'Chromium 149.0')

    expect(await chooseChromium({ path: folder, playwrights })).toBe(system)
  })

  test('chromium comes before google-chrome, wherever on the PATH they are', async () => {
    await executable('google-chrome', 'Google Chrome 150.0')
    const elsewhere = await mkdtemp(join(folder, 'later-'))
    const chromium = await executable(join(elsewhere, 'chromium'), 'Chromium 149.0')

    expect(await chooseChromium({ path: [folder, elsewhere].join(delimiter) })).toBe(chromium)
  })

  test("playwright's own is taken where the system has none", async () => {
    const playwrights = await executable('playwrights', 'Chromium 149.0')

    expect(await chooseChromium({ path: folder, playwrights })).toBe(playwrights)
  })

  test('one that does not run is passed over', async () => {
    await executable('chromium', 'Please install the snap', 1)
    const chrome = await executable('google-chrome', 'Google Chrome 150.0')

    expect(await chooseChromium({ path: folder })).toBe(chrome)
  })

  test('none is found where there is none', async () => {
    const playwrights = join(folder, 'not-downloaded')

    expect(await chooseChromium({ path: folder, playwrights })).toBe(undefined)
  })

  test('a named one that does not run is an error, not a reason to take another', async () => {
    await executable('chromium', 'Chromium 149.0')

    await expect(chooseChromium({ named: '/no/chromium', path: folder })).rejects.toThrow(
      '$CHROMIUM is "/no/chromium"',
    )
  })

  async function executable(name: string, version: string, code = 0): Promise<string> {
    const path = name.startsWith('/') ? name : join(folder, name)
    await writeFile(path, `#!/bin/sh\necho '${version}'\nexit ${code}\n`)
    await chmod(path, 0o755)
    return path
  }
})
