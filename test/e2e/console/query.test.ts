import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { focused, openConsole } from './console-page.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

/** On a machine that may be busy. */
const SOON = { timeout: 20_000 }

const MARKUP = '<img src=x onerror="document.title = 1">'

const openQueries = () => openConsole(browser, { at: '#/query' })

const editorOf = (page: Page) => page.getByRole('textbox', { name: 'SQL' })

/** Types a query and runs it, by keyboard alone. */
async function ask(page: Page, sql: string): Promise<void> {
  await editorOf(page).fill(sql)
  await editorOf(page).press('Control+Enter')
}

/** The rows of the result, once a query is answered. */
async function resultOf(page: Page): Promise<string[][]> {
  await page.getByText(/\d rows? in [\d,]+ ms/).waitFor()
  const rows = await page.locator('.result tbody tr').all()
  return Promise.all(rows.map((row) => row.locator('td').allInnerTexts()))
}

test('a query that is typed gives a table, with the weight of what was sampled', async () => {
  const { page, post, complaints } = await openQueries()
  await post('shop.click', { action: 'look', meta: { producer: { sdk: 'x/1', rate: 0.1 } } })
  await post('shop.buy', { action: 'pay', amount: 3 }, { action: 'pay', amount: 4 })

  await ask(
    page,
    'SELECT stream, sum(weight) AS events, max(NULL) AS nothing FROM events GROUP BY 1 ORDER BY 1',
  )

  expect(await resultOf(page)).toEqual([
    ['shop.buy', '2', 'NULL'],
    ['shop.click', '10', 'NULL'],
  ])
  expect(await page.getByRole('columnheader').allInnerTexts()).toEqual([
    expect.stringContaining('stream'),
    expect.stringContaining('events'),
    expect.stringContaining('nothing'),
  ])
  expect(complaints).toEqual([])
})

test('each starter query is answered', async () => {
  const { page, post } = await openQueries()
  await post('shop.click', { action: 'look' }, { amount: 1 })
  const starters = page.locator('.side', { hasText: 'Begin with' }).getByRole('button')
  await starters.first().waitFor()

  for (const starter of await starters.all()) {
    const answered = page.waitForResponse((response) => response.url().endsWith('/api/query'))
    await starter.click()
    const answer = await answered
    expect(answer.status()).toBe(200)
    expect((await answer.json()).rows.length).toBeGreaterThan(0)
  }
  expect(await starters.count()).toBeGreaterThan(4)
})

test('a wrong query shows what is wrong and leads to the place', async () => {
  const { page } = await openQueries()

  await ask(page, 'SELECT stream\nFROM nothere')

  const alert = page.getByRole('alert')
  await expect.poll(() => alert.textContent(), SOON).toContain('nothere')
  await alert.getByRole('button', { name: 'Go to line 2, column 6' }).click()
  const selected = await editorOf(page).evaluate((editor: HTMLTextAreaElement) =>
    editor.value.slice(editor.selectionStart, editor.selectionEnd),
  )
  expect(selected).toBe('nothere')
})

test('a query with an error of syntax leads to the place too', async () => {
  const { page } = await openQueries()

  await ask(page, 'SELECT stream\nFROM events\nGRUOP BY 1 1')

  const alert = page.getByRole('alert')
  await expect.poll(() => alert.textContent(), SOON).toContain('syntax error')
  await alert.getByRole('button', { name: /^Go to line 3/ }).waitFor()
})

test('a query that takes too long can be called off, and the next is answered', async () => {
  const { page } = await openQueries()

  await ask(page, 'SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE hash(a.range, b.range) = 7')
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByText('Called off.').waitFor()
  await ask(page, 'SELECT 42 AS answer')

  expect(await resultOf(page)).toEqual([['42']])
})

test('a saved query is there after a reload, and is deleted only after it was asked', async () => {
  const { page } = await openQueries()
  await editorOf(page).fill("SELECT 'kept' AS word")
  await page.getByRole('textbox', { name: 'Save as' }).fill('My words')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Saved as “My words”.').waitFor()

  await page.reload()
  await page.getByRole('button', { name: 'My words', exact: true }).click()
  expect(await resultOf(page)).toEqual([['kept']])

  await page.getByRole('button', { name: 'Delete My words' }).click()
  await expect.poll(() => focused(page), SOON).toBe('Keep')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Delete My words' }).click()
  await page.getByRole('button', { name: 'Yes, delete' }).click()
  await page.getByText('None yet.').waitFor()
})

test('a name that no file can have is refused in place', async () => {
  const { page } = await openQueries()
  await editorOf(page).fill('SELECT 1')

  await page.getByRole('textbox', { name: 'Save as' }).fill('../etc')
  await page.getByRole('button', { name: 'Save', exact: true }).click()

  await expect
    .poll(() => page.getByRole('alert').textContent(), SOON)
    .toContain('cannot be the name of a query')
})

test('a result is downloaded as CSV and as Parquet; an error shows in place', async () => {
  const { page, post } = await openQueries()
  await post('shop.buy', { action: `pay, "now"`, amount: 3 })
  await editorOf(page).fill('SELECT action, amount FROM "shop.buy"')

  const [csv] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download CSV' }).click(),
  ])
  expect(csv.suggestedFilename()).toBe('query.csv')
  expect(await readFile(await csv.path(), 'utf8')).toBe('action,amount\n"pay, ""now""",3\n')

  const [parquet] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download Parquet' }).click(),
  ])
  expect((await readFile(await parquet.path(), 'latin1')).slice(0, 4)).toBe('PAR1')

  await editorOf(page).fill('SELECT nothing')
  await page.getByRole('button', { name: 'Download CSV' }).click()
  await expect.poll(() => page.getByRole('alert').textContent(), SOON).toContain('nothing')
})

test('numbers by category are drawn as bars, and their columns can be changed', async () => {
  const { page, complaints } = await openQueries()

  await ask(page, "SELECT * FROM (VALUES ('a', 1, 5), ('b', 2, 6)) AS t(letter, small, big)")

  const chart = page.getByRole('img', { name: /^Bar chart of small across letter: 2 places/ })
  await chart.waitFor()
  const isPainted = () =>
    chart.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      return data.some((value) => value > 0)
    })
  await expect.poll(isPainted, SOON).toBe(true)

  await page.getByRole('checkbox', { name: 'big' }).check()
  await page.getByRole('combobox', { name: 'As', exact: true }).selectOption('Line')
  await page.getByRole('img', { name: /^Line chart of small, big across letter/ }).waitFor()
  expect(await page.locator('.legend li').allInnerTexts()).toEqual(['small', 'big'])

  await page.locator('.u-over').hover({ position: { x: 5, y: 50 } })
  await expect.poll(() => page.locator('.legend').textContent(), SOON).toBe('small1big5')
  expect(complaints).toEqual([])
})

test('numbers over time are lines, one for each stream', async () => {
  const { page } = await openQueries()
  const day = (n: number) => `DATE '2026-11-0${n}'`

  await ask(
    page,
    `SELECT * FROM (VALUES (${day(1)}, 'a', 1), (${day(1)}, 'b', 2), (${day(2)}, 'a', 3)) AS t(day, stream, events)`,
  )

  await page
    .getByRole('img', { name: /^Line chart of events across day, for each stream: 2 places/ })
    .waitFor()
  expect((await page.locator('.legend li').allInnerTexts()).sort()).toEqual(['a', 'b'])
})

test('of 10,000 rows those in sight are drawn; the last is there at the end; more are announced', async () => {
  const { page } = await openQueries()

  await ask(page, "SELECT range AS n, 'row ' || range AS name FROM range(20000)")
  await page.getByText('First 10,000 rows').waitFor()

  await page.getByText('There are more rows than these 10,000.').waitFor()
  expect(await page.locator('.result tbody tr').count()).toBeLessThan(100)
  await page.locator('.result').evaluate((region) => region.scrollTo(0, region.scrollHeight))
  await page.locator('.result').getByText('row 9999').waitFor()
  expect(await page.locator('.result').getByText('row 0', { exact: true }).count()).toBe(0)
})

test('a long value is cut, and opens in full by keyboard', async () => {
  const { page } = await openQueries()
  await ask(page, "SELECT {'text': repeat('long ', 1000)} AS value")

  await page.locator('.cut').focus()
  await page.keyboard.press('Enter')

  const dialog = page.getByRole('dialog', { name: 'value, row 1' })
  await dialog.waitFor()
  expect(JSON.parse(String(await dialog.locator('pre').textContent()))).toEqual({
    text: 'long '.repeat(1000),
  })
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
})

test('a name from the list goes into the query where the caret is, quoted', async () => {
  const { page, post } = await openQueries()
  await post('shop.buy', { action: 'pay' })
  await page.reload()
  await editorOf(page).fill('SELECT  FROM x')
  await editorOf(page).evaluate((editor: HTMLTextAreaElement) => editor.setSelectionRange(7, 7))

  await page.locator('.views summary', { hasText: 'shop.buy' }).click()
  await page
    .locator('.view-columns')
    .getByRole('button', { name: /^action/ })
    .click()

  expect(await editorOf(page).inputValue()).toBe('SELECT "action" FROM x')
  await page.keyboard.press('Control+z')
  expect(await editorOf(page).inputValue()).toBe('SELECT  FROM x')
})

test('the editor lets the keyboard go on, and the query waits while another page is looked at', async () => {
  const { page } = await openQueries()
  await editorOf(page).fill('SELECT 7 AS kept')

  await page.keyboard.press('Tab')
  expect(await focused(page)).toBe('Run')

  await page.getByRole('link', { name: 'Vitals' }).click()
  await page.getByRole('link', { name: 'Query' }).click()
  expect(await editorOf(page).inputValue()).toBe('SELECT 7 AS kept')
})

test('without DuckDB the page says how to add it', async () => {
  const { page } = await openQueries()
  const hint = 'npm install @duckdb/node-api'
  await page.route('**/api/session', (route) =>
    route.fulfill({ json: { needsToken: false, version: '0', query: { ready: false, hint } } }),
  )

  await page.reload()

  await page.getByText(hint).waitFor()
  expect(await editorOf(page).count()).toBe(0)
})

test('markup in names and values shows as text, and the page fits a phone', async () => {
  const { page, post, complaints } = await openQueries()
  await page.setViewportSize({ width: 375, height: 700 })
  await post('shop.click', { action: MARKUP })

  await ask(
    page,
    `SELECT action AS "${MARKUP.replace(/"/g, '""')}", 1 AS n FROM "shop.click" UNION ALL SELECT 'x', 2`,
  )
  await expect.poll(() => page.locator('.result td').allInnerTexts(), SOON).toContain(MARKUP)
  await page.locator('.plot canvas').waitFor()

  expect(await page.getByRole('columnheader').first().textContent()).toContain(MARKUP)
  expect(await page.locator('img, main script').count()).toBe(0)
  expect(await page.title()).toBe('Query · Rivulet intake')
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375)
  expect(complaints).toEqual([])
})
