import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { expect, onTestFinished, test } from 'vitest'
import { ROOT } from './tarball.ts'

// The overlay is in no bundle of an app that has not asked for it, and in one that has, it is a file of its own.

/** The name of its element: only the overlay itself has it. */
const SIGN = 'rivulet-debug'

test('an app without the debug switch has nothing of the overlay', async () => {
  const files = await bundle(`
    import { createClient } from 'rivulet'
    import { curate } from 'rivulet/curation'
    window.events = createClient({ intakeUrl: '/v1/events', curate })`)

  expect(namesWith(SIGN, files)).toEqual([])
  expect([...files.keys()]).toEqual(['app.js'])
})

test('an app with the switch has it in a file of its own, which is loaded on demand', async () => {
  const files = await bundle(`
    import { createClient } from 'rivulet'
    import { createDebugSwitch } from 'rivulet/debug'
    window.events = createClient({ intakeUrl: '/v1/events', debug: createDebugSwitch() })`)
  const [name, ...others] = namesWith(SIGN, files)

  expect(name).toMatch(/overlay/)
  expect(others).toEqual([])
  expect(files.get('app.js')).toMatch(new RegExp(`import\\("\\./${name}"\\)`))
})

test('only the switch names the overlay’s file', async () => {
  const names = (await readdir(join(ROOT, 'dist'))).filter((name) => name.endsWith('.js'))
  const texts = await Promise.all(names.map((name) => readFile(join(ROOT, 'dist', name), 'utf8')))

  expect(names.filter((_, i) => texts[i]?.includes('debug-overlay.js'))).toEqual([
    'debug-overlay.js',
    'debug.js',
  ])
})

/** Bundles a module as an app does that has the package installed; files by name. */
async function bundle(source: string): Promise<Map<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-debug-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'node_modules'))
  await symlink(ROOT, join(folder, 'node_modules/rivulet'))
  await writeFile(join(folder, 'app.js'), source)
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'app.js')],
    outdir: join(folder, 'out'),
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    write: false,
  })
  return new Map(outputFiles.map(({ path, text }) => [basename(path), text]))
}

function namesWith(text: string, files: ReadonlyMap<string, string>): string[] {
  return [...files].filter(([, content]) => content.includes(text)).map(([name]) => name)
}
