import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { openFaultyIntake } from '../../support/faulty-intake.ts'
import { snippetsOf } from '../../support/snippets.ts'
import { PATIENCE } from '../../support/visit.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

// `events.js` of docs/workers.md, one module for both sides, which a bundler resolves for each.

const SERVER = `
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { start } from './events.js'

const [root, intakeUrl] = process.argv.slice(2)
const known = { intakeUrl, streamConfigs: { streams: { 'shop.render': {}, 'shop.view': {} } } }
// One client for the process, not one for each request.
const events = start(known)

const page = (path) => \`<!doctype html>
<link rel="icon" href="data:,">
<script type="importmap">{ "imports": { "rivulet": "/rivulet.js" } }</script>
<script type="application/json" id="known">\${JSON.stringify(known).replaceAll('<', '\\\\u003c')}</script>
<script type="module">
  import { start } from '/events.js'
  window.events = start(JSON.parse(document.querySelector('#known').textContent))
  window.events.submit('shop.view', { path: location.pathname })
</script>
<h1>\${path}</h1>\`

const server = createServer(async ({ url }, response) => {
  const file = { '/events.js': 'events.js', '/rivulet.js': root + 'dist/browser.js' }[url]
  response.setHeader('content-type', file ? 'text/javascript' : 'text/html')
  if (!file) events.submit('shop.render', { path: url })
  response.end(file ? await readFile(file) : page(url))
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.on('SIGTERM', async () => {
  server.close()
  server.closeAllConnections()
  await events.close()
})
`

test('a server that renders submits by the build for Node, and what it has rendered by the one for browsers', async () => {
  const intake = await openFaultyIntake()
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-rendered-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'node_modules'))
  await symlink(ROOT, join(folder, 'node_modules/rivulet'))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  await writeFile(join(folder, 'events.js'), (await snippetsOf('workers.md'))['events.js']!)
  await writeFile(join(folder, 'server.js'), SERVER)
  const { port, child, ended } = await startServer(folder, intake.intakeUrl)
  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  const page = await browser.newPage()

  await page.goto(`http://127.0.0.1:${port}/tea`)
  const told = () => intake.events().map(({ meta, path }) => [meta.stream, meta.domain, path])
  const seen = () => told().filter(([stream]) => stream === 'shop.view')
  await expect.poll(seen, PATIENCE).toEqual([['shop.view', '127.0.0.1', '/tea']])
  child.kill('SIGTERM')

  expect(await ended).toEqual({ code: 0, errors: '' })
  expect(told().sort()).toEqual([
    ['shop.render', undefined, '/tea'],
    ['shop.view', '127.0.0.1', '/tea'],
  ])
  const instances = intake.events().map(({ meta }) => meta.producer.id)
  expect(new Set(instances).size).toBe(2)
})

/** Resolves when it listens; it ends with the test. */
async function startServer(folder: string, intakeUrl: string) {
  const child: ChildProcess = spawn(process.execPath, ['server.js', ROOT, intakeUrl], { cwd: folder })
  onTestFinished(() => void child.kill('SIGKILL'))
  let errors = ''
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  const ended = new Promise((resolve) => child.on('close', (code) => resolve({ code, errors })))
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => resolve(Number(chunk)))
    child.on('close', () => reject(new Error(`the server ended: ${errors}`)))
  })
  return { port, child, ended }
}
