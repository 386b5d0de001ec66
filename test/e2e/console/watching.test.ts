import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { expectSummaries, openLivePage } from './live-page.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

test('the page says how to send a first event, and each time it is sent that event arrives', async () => {
  const { page, origin } = await openLivePage(browser)
  const example = page.locator('#example-curl')
  await expect.poll(() => example.textContent(), { timeout: 15_000 }).toContain(`curl ${origin}/v1/events`)

  const command = String(await example.textContent())
  const body = await bodyOfCurl(command)
  await fetch(`${origin}/v1/events`, { method: 'POST', body })
  await fetch(`${origin}/v1/events`, { method: 'POST', body })

  await expectSummaries(page, ["action it's bought", "action it's bought"])
  expect(await page.locator('.rejected').count()).toBe(0)
  expect(await page.getByText('No events yet').isVisible()).toBe(false)
})

test('events appear newest first, those before the page was opened included', async () => {
  const { page, post } = await openLivePage(browser)

  await post('shop.click', { action: 'look' })
  await expectSummaries(page, ['action look'])
  await page.reload()
  await post('shop.buy', { action: 'pay', amount: 3 })

  await expectSummaries(page, ['action pay amount 3', 'action look'])
})

test('an event opens to its JSON by keyboard', async () => {
  const { page, post } = await openLivePage(browser)
  await post('shop.click', { action: 'look' })

  await page.locator('#events summary').focus()
  await page.keyboard.press('Enter')

  const json = JSON.parse(String(await page.locator('#events pre').textContent()))
  expect(json).toMatchObject({ $schema: '/shop/click/1.0.0', meta: { stream: 'shop.click' }, action: 'look' })
})

test('a rejected event shows its reasons without being opened', async () => {
  const { page, post } = await openLivePage(browser)

  await post('shop.click', { amount: 'three' })

  const row = page.locator('#events > li.rejected')
  await expect.poll(() => row.locator('.reason').allInnerTexts(), { timeout: 15_000 }).toHaveLength(2)
  const text = await row.textContent()
  expect(text).toContain('shop.click')
  expect(text).toContain('Rejected')
  expect(text).toMatch(/\/action is missing/)
  expect(text).toMatch(/amount must be an integer/)
})

test('an event that holds markup shows as text, nothing of it runs, and the CSP has nothing to report', async () => {
  const { page, post, origin, complaints } = await openLivePage(browser)
  const markup = '<img src=x onerror="document.title = 1"><script>document.title = 2</script>'

  await post('shop.click', { action: markup, [markup]: 1 })
  await post(markup, { action: 'look' })
  await expect.poll(() => page.locator('#events summary').count(), { timeout: 15_000 }).toBe(2)
  for (const summary of await page.locator('#events summary').all()) await summary.click()
  await page.locator('#events pre').nth(1).waitFor()

  const shown = await page.locator('#events').textContent()
  expect(shown).toContain(`action ${markup}`)
  expect(shown).toContain(JSON.stringify(markup))
  expect(await page.locator('.streams').textContent()).toContain('<img src=x')
  expect(await page.locator('img, main script').count()).toBe(0)
  expect(await page.title()).toBe('Live · Rivulet intake')
  const policy = (await fetch(origin)).headers.get('content-security-policy')
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("require-trusted-types-for 'script'")
  expect(complaints).toEqual([])
})

test('a stream, or what was rejected, can be watched alone', async () => {
  const { page, post } = await openLivePage(browser)
  await post('shop.click', { action: 'look' }, { action: 'turn' }, { amount: 1 })
  await post('shop.buy', { action: 'pay' })
  await expectSummaries(page, ['action pay', 'amount 1', 'action turn', 'action look'])

  const clicks = page.getByRole('button', { name: 'shop.click' })
  expect(await clicks.textContent()).toMatch(/2 accepted\s+1 rejected/)
  await clicks.click()
  await expectSummaries(page, ['amount 1', 'action turn', 'action look'])

  const verdict = page.getByLabel('Accepted or rejected')
  await verdict.selectOption('Rejected only')
  await expectSummaries(page, ['amount 1'])

  await verdict.selectOption('Accepted only')
  await expectSummaries(page, ['action turn', 'action look'])

  await page.getByRole('button', { name: 'All streams' }).click()
  await verdict.selectOption('Accepted and rejected')
  await expectSummaries(page, ['action pay', 'amount 1', 'action turn', 'action look'])
})

test('while paused, new events are counted and wait', async () => {
  const { page, post } = await openLivePage(browser)
  await post('shop.click', { action: 'look' })
  await expectSummaries(page, ['action look'])

  await page.getByRole('button', { name: 'Pause' }).click()
  await post('shop.click', { action: 'turn' }, { action: 'take' })
  const resume = page.getByRole('button', { name: 'Resume (2 new)' })
  await resume.waitFor()
  await expectSummaries(page, ['action look'])

  await resume.click()
  await expectSummaries(page, ['action take', 'action turn', 'action look'])
})

test('clearing empties the list and counts from zero', async () => {
  const { page, post } = await openLivePage(browser)
  await post('shop.click', { action: 'look' })
  await expectSummaries(page, ['action look'])

  await page.getByRole('button', { name: 'Clear' }).click()
  await expectSummaries(page, [])
  await post('shop.click', { action: 'turn' })

  await expectSummaries(page, ['action turn'])
  expect(await page.getByRole('button', { name: 'All streams' }).textContent()).toContain('1 accepted')
})

/** What the command would have curl send: read by a shell, since its quoting is for one, and without a curl. */
async function bodyOfCurl(command: string): Promise<string> {
  const curl = `curl() { printf '%s' "$5"; }`
  const { stdout } = await promisify(execFile)('sh', ['-c', `${curl}\n${command}`])
  return stdout
}
