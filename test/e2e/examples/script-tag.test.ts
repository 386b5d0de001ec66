import { expect, onTestFinished, test } from 'vitest'
import { storedEvents } from '../../../examples/shop/stored.mjs'
import { launchChromium } from '../../support/chromium.mjs'
import { serveExamples, startShopIntake } from './examples.ts'

test('what the page calls before the script is there is kept, with the time of the call', async () => {
  const { url, data } = await startShopIntake()
  const shop = await serveExamples(url)
  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  let letThrough = () => {}
  const clicked = new Promise<void>((resolve) => {
    letThrough = resolve
  })
  await page.route('**/rivulet/script.js', async (route) => {
    await clicked
    await route.continue()
  })

  await page.goto(`${shop}/script-tag/?intake=${url}`, { waitUntil: 'commit' })
  await page.getByRole('button').click()
  const clickedBy = new Date().toISOString()
  letThrough()

  await expect.poll(() => actionsIn(data), { timeout: 10_000 }).toEqual(['/script-tag/', 'add_to_basket'])
  const [, click] = await inOrder(data)
  expect(String(click?.dt) <= clickedBy).toBe(true)

  await page.getByRole('button').click()
  await expect.poll(() => actionsIn(data), { timeout: 10_000 }).toHaveLength(3)
  expect(complaints).toEqual([])
})

async function actionsIn(data: string): Promise<unknown[]> {
  return (await inOrder(data)).map(({ path, action }) => path ?? action)
}

async function inOrder(data: string) {
  const events = await storedEvents(data)
  return events.sort((a, b) => (String(a.dt) < String(b.dt) ? -1 : 1))
}
