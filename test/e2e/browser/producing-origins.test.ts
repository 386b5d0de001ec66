import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { serveSite } from '../../support/site.ts'
import { newContext, PATIENCE, visit } from '../../support/visit.ts'
import { startShopIntake } from '../intake/temp-intake.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test('an intake with a list of origins takes events and beacons of its own pages; in others they wait, and the reason shows', async () => {
  const files = { '/page.js': '' }
  const ours = await serveSite(files, { headers: { 'referrer-policy': 'no-referrer' } })
  const other = await serveSite(files)
  const intake = await startShopIntake(undefined, { allowOrigins: [ours] })
  files['/page.js'] = `
    import { createClient } from '/rivulet/browser.js'
    window.client = createClient({
      intakeUrl: '${intake.url}/v1/events',
      streamConfigs: { 'shop.click': { schema_title: 'shop/click' } },
    })`
  const submit = () => window.client.submit('shop.click', { $schema: '/shop/click/1.0.0', action: 'buy' })

  const foreign = await visit(await newContext(browser), `${other}/`)
  await foreign.page.evaluate(submit)
  const own = await visit(await newContext(browser), `${ours}/`)
  const seen = await own.page.evaluate(submit)
  await expect.poll(async () => (await intake.stored('shop.click')).length, PATIENCE).toBe(1)
  const leaving = await own.page.evaluate(submit)
  await own.page.close({ runBeforeUnload: true })

  const ids = async () => (await intake.stored('shop.click')).map(({ meta }) => meta.id)
  await expect.poll(ids, PATIENCE).toEqual([seen, leaving])
  await expect.poll(() => foreign.warnings.join(), PATIENCE).toContain('unavailable, status 403')
  expect(await foreign.page.evaluate(() => window.client.flush({ timeout: 10 }))).toBe(1)
})
