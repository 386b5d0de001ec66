import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { startTypedWeb } from '../../support/typed-web.ts'
import { expectStored, newContext, outcomes, PATIENCE, visit } from '../../support/visit.ts'

// Validators that `rivulet generate` has written, in a page whose policy forbids code made of text.

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

/** Submits one event of each kind in one task, and returns their ids. */
const submitBoth = () => [
  window.client.submit('web.click', { action: 'buy' }),
  window.client.submit('web.click', { action: 5 }),
]

test('a wrong event ends in the page, with the keyword and the path; a right one is stored', async () => {
  const { site, intake } = await startTypedWeb({ load: "import { schemas } from '/generated/streams.js'" })
  const { page, complaints } = await visit(await newContext(browser), `${site}/first`)

  const [right = '', wrong = ''] = await page.evaluate(submitBoth)
  const told = await outcomes(page, 2)

  const [stored] = await expectStored(intake, [right])
  expect(stored).toMatchObject({ $schema: '/web/click/1.0.0', action: 'buy' })
  expect(told.find(({ id }) => id === wrong)).toEqual({
    kind: 'dropped',
    reason: 'invalid',
    stream: 'web.click',
    id: wrong,
    problems: [{ path: '/action', keyword: 'type' }],
  })
  expect(complaints).toEqual([])
})

test('in a development build the message says which field, what was there, what is wanted, and where', async () => {
  const { site } = await startTypedWeb({
    load: "import { schemas } from '/generated/streams.js'",
    validator: '/rivulet/validator.development.js',
  })
  const { page, complaints, warnings } = await visit(await newContext(browser), `${site}/first`)

  await page.evaluate(submitBoth)
  const told = await outcomes(page, 2)

  expect(warnings.join()).toMatch(
    /an event of web\.click is invalid and not sent: \s*\/action must be a string \(was 5\)/,
  )
  expect(told.find(({ kind }) => kind === 'dropped')).toMatchObject({
    problems: [{ message: '/action must be a string (was 5); see /web/click/1.0.0#/properties/action/type' }],
  })
  expect(complaints).toEqual([])
})

test('a stream is loaded with its first event, and no other stream is', async () => {
  const { site, intake, asked } = await startTypedWeb({
    load: "const schemas = (stream) => import('/generated/streams/' + stream + '.js')",
  })
  const { page, complaints } = await visit(await newContext(browser), `${site}/first`)
  expect(asked('/generated/')).toEqual([])

  const [right = ''] = await page.evaluate(submitBoth)
  await expectStored(intake, [right])

  expect(await outcomes(page, 2)).toHaveLength(2)
  expect(asked('/generated/streams/')).toEqual(['/generated/streams/web.click.js'])
  expect(complaints).toEqual([])
})

test('what is submitted before the schema has come is not lost with the page, and judged on the next', async () => {
  const { site, intake, hold, asked } = await startTypedWeb({
    load: "const schemas = (stream) => import('/generated/streams/' + stream + '.js')",
  })
  const context = await newContext(browser)
  const release = hold('/generated/streams/web.click.js')

  const { page } = await visit(context, `${site}/first`)
  const [right = ''] = await page.evaluate(submitBoth)
  await expect.poll(() => asked('/generated/streams/'), PATIENCE).toHaveLength(1)
  await page.goto(`${site}/plain`)
  expect(await intake.stored()).toEqual([])

  release()
  await page.goto(`${site}/second`)

  await expectStored(intake, [right])
})
