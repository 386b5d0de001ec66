import type { Browser, Locator, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { focused, openConsole, refresh } from './console-page.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

const HALF_OF_SESSIONS = {
  'shop.click': { schema_title: 'shop/click', sample: { unit: 'session', rate: 0.5 } },
  'shop.buy': { schema_title: 'shop/click' },
}

test('a rate is changed: the effect first, then by whom and why, then the file has it as a new revision', async () => {
  const { page, settings, origin, post, complaints } = await openConsole(browser)
  await post('shop.click', { action: 'look' }, { action: 'turn' })

  await page.getByLabel('Sampled by, shop.click').selectOption('sessions')
  await page.getByLabel('Rate of shop.click, from 0 to 1').fill('25 %')
  await rowOf(page, 'shop.click').getByRole('button', { name: 'Review…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Change shop.click' })
  expect(await dialog.textContent()).toContain('Sample: everything → 25 % of sessions')
  await expectEffect(dialog)
  await sign(dialog, 'Ada', 'Enough for the study')
  await dialog.getByRole('button', { name: 'Save as new revision' }).click()

  const done = page.getByText(/^shop\.click is changed: revision \S+\.$/)
  await done.waitFor()
  expect(await settings()).toMatchObject({ 'shop.click': { sample: { unit: 'session', rate: 0.25 } } })
  const { revision } = await (await fetch(`${origin}/v1/stream-configs`)).json()
  expect(await done.textContent()).toContain(`revision ${revision}.`)
  expect(await rowOf(page, 'shop.click').textContent()).toContain('Ada')
  expect(await focused(page)).toBe('State of shop.click')
  expect(complaints).toEqual([])
})

test('a stream that the config does not know has nothing to steer, and says how to take its events', async () => {
  const { page, post } = await openConsole(browser)
  await post('shop.unknown', {})
  await refresh(page)

  const row = rowOf(page, 'shop.unknown')
  await row.waitFor()
  expect(await row.textContent()).toContain('Not in the config Its events are refused. Add it to the file')
  expect(await row.getByRole('combobox').count()).toBe(0)
  expect(await row.getByRole('textbox').count()).toBe(0)
})

test('the history begins with the config as it was first read, which nobody edited', async () => {
  const { page, origin } = await openConsole(browser)
  await page.goto(`${origin}/#/streams/history`)

  const first = page.getByRole('heading', { name: 'As first read' })
  await first.waitFor()
  expect(await page.getByText('No setting differs').count()).toBe(0)
})

test('a stream is switched off, and set back to everything', async () => {
  const { page, settings } = await openConsole(browser, { streams: HALF_OF_SESSIONS })

  await page.getByLabel('State of shop.click').selectOption('Off')
  await page.getByLabel('Sampled by, shop.click').selectOption('all events')
  const dialog = await review(page, 'shop.click')
  await save(dialog, 'Ada', 'It is broken')

  await page.getByText('shop.click is changed').waitFor()
  const { 'shop.click': found = {} } = await settings()
  expect(found.sample ?? null).toBe(null)
  expect(found).toMatchObject({ producers: { rivulet: { state: 'off' } } })
  expect(await page.getByLabel('State of shop.click').inputValue()).toBe('off')
})

test('the slider and the number are one rate, and what is no rate is said and cannot be saved', async () => {
  const { page } = await openConsole(browser, { streams: HALF_OF_SESSIONS })
  const slider = page.getByLabel('Rate of shop.click, slider')
  const rate = page.getByLabel('Rate of shop.click, from 0 to 1')

  await slider.press('ArrowLeft')
  expect(await rate.inputValue()).toBe('0.2')
  expect(await slider.getAttribute('aria-valuetext')).toBe('20 %')

  await rate.fill('1.5')
  expect(await rowOf(page, 'shop.click').textContent()).toContain('A rate is a number from 0 to 1')
  expect(await rowOf(page, 'shop.click').getByRole('button', { name: 'Review…' }).isDisabled()).toBe(true)

  await rowOf(page, 'shop.click').getByRole('button', { name: 'Undo' }).click()
  expect(await rate.inputValue()).toBe('0.5')
})

test('an edit by hand shows at once, and leaves alone what is being typed', async () => {
  const { page, edit } = await openConsole(browser, { streams: HALF_OF_SESSIONS })
  const rate = page.getByLabel('Rate of shop.click, from 0 to 1')
  await rate.fill('0.3')

  await edit({
    'shop.click': { ...HALF_OF_SESSIONS['shop.click'], sample: { unit: 'session', rate: 0.4 } },
    'shop.buy': { schema_title: 'shop/click', sample: { unit: 'device', rate: 0.01 } },
    'shop.view': { schema_title: 'shop/click' },
  })
  await refresh(page)

  await rowOf(page, 'shop.view').waitFor()
  expect(await page.getByLabel('Rate of shop.buy, from 0 to 1').inputValue()).toBe('0.01')
  expect(await rate.inputValue()).toBe('0.3')
  expect(await focused(page)).toBe('Rate of shop.click, from 0 to 1')
  expect(await rowOf(page, 'shop.click').textContent()).toContain('has changed it meanwhile')
})

test('of two who change a stream at once the second is told who was faster, and loses nothing', async () => {
  const { page, openAnother, settings } = await openConsole(browser, { streams: HALF_OF_SESSIONS })
  const other = await openAnother()
  await page.getByLabel('Rate of shop.click, from 0 to 1').fill('0.3')
  await other.getByLabel('Rate of shop.click, from 0 to 1').fill('0.1')
  const [mine, theirs] = [await review(page, 'shop.click'), await review(other, 'shop.click')]

  await save(theirs, 'Grace', 'Too much of it')
  await other.getByText('shop.click is changed').waitFor()
  await refresh(page)
  await save(mine, 'Ada', 'Not that little')

  await mine.getByText('Somebody else was faster.').waitFor()
  expect(await mine.textContent()).toMatch(/Grace, .*: Too much of it/)
  expect(await mine.locator('.differences').textContent()).toContain('0.1')
  expect(await settings()).toMatchObject({ 'shop.click': { sample: { rate: 0.1 } } })

  await mine.getByRole('button', { name: 'Look at the new state' }).click()
  await mine.getByText('Sample: 10 % of sessions → 30 % of sessions').waitFor()
  await mine.getByRole('button', { name: 'Save as new revision' }).click()
  await page.getByText('shop.click is changed').waitFor()
  expect(await settings()).toMatchObject({ 'shop.click': { sample: { rate: 0.3 } } })
})

test('the history says who changed what and why, and any revision comes back as a new one', async () => {
  const { page, settings } = await openConsole(browser, { streams: HALF_OF_SESSIONS })
  await page.getByLabel('Rate of shop.click, from 0 to 1').fill('0.1')
  await save(await review(page, 'shop.click'), 'Ada', 'Enough <b>of it</b>')
  await page.getByText('shop.click is changed').waitFor()

  await page.getByRole('link', { name: 'History' }).click()
  await page.getByRole('heading', { name: 'History of changes' }).waitFor()
  const [newest, first] = [page.locator('.revisions > li').first(), page.locator('.revisions > li').last()]
  await newest.getByRole('heading', { name: 'Enough <b>of it</b>' }).waitFor()
  expect(await newest.textContent()).toContain('Ada, ')
  expect(await newest.locator('.differences').textContent()).toMatch(/shop\.click › sample.*0\.5.*0\.1/s)

  await first.getByRole('button', { name: /^Return to revision/ }).click()
  const dialog = page.getByRole('dialog')
  await expectEffect(dialog)
  await save(dialog, 'Ada', 'Too little after all')

  await page.getByText(/^Saved as revision/).waitFor()
  expect(await settings()).toEqual(HALF_OF_SESSIONS)
  await page.getByRole('heading', { name: 'Too little after all' }).waitFor()
  expect(await page.locator('.revisions > li').count()).toBe(3)
})

test('a change is made with the keyboard alone, and Escape leaves the edit and gives the focus back', async () => {
  const { page, settings } = await openConsole(browser, { streams: HALF_OF_SESSIONS })
  const press = (...keys: readonly string[]) =>
    keys.reduce<Promise<void>>(
      (before, key) => before.then(() => page.keyboard.press(key)),
      Promise.resolve(),
    )

  await press('Tab')
  expect(await focused(page)).toBe('Skip to content')
  await press('Enter')
  expect(await focused(page)).toBe('Streams')
  await page.getByLabel('Rate of shop.click, slider').focus()
  await press('ArrowLeft', 'Tab', 'Tab', 'Tab')
  expect(await focused(page)).toBe('Review…')
  await press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Change shop.click' })
  await dialog.waitFor()
  expect(await focused(page)).toBe('Change shop.click')

  await press('Escape')
  await expect.poll(() => dialog.count()).toBe(0)
  expect(await focused(page)).toBe('Review…')
  expect(await page.getByLabel('Rate of shop.click, from 0 to 1').inputValue()).toBe('0.2')

  await press('Enter')
  await expectEffect(dialog)
  await tabTo(page, 'Your name')
  await page.keyboard.type('Ada')
  await tabTo(page, 'Reason, for the history')
  await page.keyboard.type('By keyboard')
  await press('Enter')
  await page.getByText('shop.click is changed').waitFor()
  expect(await settings()).toMatchObject({ 'shop.click': { sample: { rate: 0.2 } } })
})

test('who made the last change from this browser need not say so again', async () => {
  const { page } = await openConsole(browser, { streams: HALF_OF_SESSIONS })
  await page.getByLabel('Rate of shop.click, from 0 to 1').fill('0.1')
  await save(await review(page, 'shop.click'), 'Ada', 'Enough of it')
  await page.getByText('shop.click is changed').waitFor()

  await page.reload()
  await page.getByLabel('State of shop.buy').selectOption('Hold')
  const dialog = await review(page, 'shop.buy')

  await expect.poll(() => dialog.getByLabel('Your name').inputValue()).toBe('Ada')
})

test('a stream that has its settings from a pattern is changed there, and the page says so', async () => {
  const { page, post, settings } = await openConsole(browser, {
    streams: { '/^shop\\./': { schema_title: 'shop/click' } },
  })
  await post('shop.click', { action: 'look' })
  await refresh(page)
  await rowOf(page, 'shop.click').getByText('by /^shop\\./').waitFor()

  await page.getByLabel('State of shop.click').selectOption('Hold')
  const dialog = await review(page, 'shop.click')
  await dialog.getByText('the change is for every stream that it matches').waitFor()
  await save(dialog, 'Ada', 'All of the shop waits')

  await page.getByText('shop.click is changed').waitFor()
  expect(await settings()).toMatchObject({ '/^shop\\./': { producers: { rivulet: { state: 'hold' } } } })
  expect(await page.getByLabel('State of shop.click').inputValue()).toBe('hold')
})

test('a config that cannot be written is shown, with the reason, and nothing to change', async () => {
  const { page, lock } = await openConsole(browser, { streams: HALF_OF_SESSIONS })

  await lock()
  await refresh(page)

  await page.getByText(/^Read only\..*is read-only/).waitFor()
  expect(await page.getByLabel('State of shop.click').isDisabled()).toBe(true)
  expect(await page.getByLabel('Rate of shop.click, from 0 to 1').isDisabled()).toBe(true)
})

const rowOf = (page: Page, stream: string): Locator =>
  page.locator('tr', { has: page.locator('.name', { hasText: stream }) })

async function review(page: Page, stream: string): Promise<Locator> {
  await rowOf(page, stream).getByRole('button', { name: 'Review…' }).click()
  return page.getByRole('dialog', { name: `Change ${stream}` })
}

async function expectEffect(dialog: Locator): Promise<void> {
  await dialog
    .getByRole('row', { name: /^Events a day/ })
    .first()
    .waitFor()
}

async function sign(dialog: Locator, author: string, reason: string): Promise<void> {
  await dialog.getByLabel('Your name').fill(author)
  await dialog.getByLabel('Reason, for the history').fill(reason)
}

async function save(dialog: Locator, author: string, reason: string): Promise<void> {
  await sign(dialog, author, reason)
  await dialog.getByRole('button', { name: 'Save as new revision' }).click()
}

/** Presses Tab until the field of this label has the focus. */
async function tabTo(page: Page, label: string): Promise<void> {
  for (let presses = 0; presses < 10; presses += 1) {
    const isThere = await page
      .getByLabel(label)
      .evaluate((element) => element === document.activeElement, undefined, { timeout: 5_000 })
    if (isThere) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`ten presses of Tab do not lead to "${label}"`)
}
