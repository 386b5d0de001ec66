import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { expectStored, newContext, PATIENCE, startWeb, submit, visit } from '../../support/visit.ts'

const POLICY =
  "default-src 'none'; script-src 'self'; connect-src RELAY; img-src data:; require-trusted-types-for 'script'"

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test('under a strict policy and Trusted Types everything arrives, and nothing is violated', async () => {
  const { site, intake, relay } = await startWeb({ headers: { 'content-security-policy': POLICY } })
  const context = await newContext(browser)
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, sourceFile }) =>
      console.error(`violated: ${violatedDirective} by ${sourceFile}`),
    )
  })

  const { page, complaints, warnings } = await visit(context, `${site}/first`)
  const ids = await submit(page, 'by fetch')
  await expectStored(intake, ids)
  ids.push(...(await submit(page, 'by beacon')))
  await page.goto(`${site}/second`)
  await expectStored(intake, ids)
  await page.waitForFunction(() => window.client.explain('web.click').goes, undefined, PATIENCE)

  expect(relay.posts().some(({ isBeacon }) => isBeacon)).toBe(true)
  expect([...complaints, ...warnings]).toEqual([])
})

test('the policy is in force: the same page may not ask another server', async () => {
  const { site, intake } = await startWeb({ headers: { 'content-security-policy': POLICY } })
  const context = await newContext(browser)

  const { page } = await visit(context, `${site}/first`)
  const answer = await page.evaluate(
    (url) =>
      fetch(url).then(
        () => 'answered',
        () => 'refused',
      ),
    intake.url,
  )

  expect(answer).toBe('refused')
})
