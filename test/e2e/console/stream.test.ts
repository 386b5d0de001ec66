import { expect, onTestFinished, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { click, shopFolder, startShopIntake, until } from '../intake/temp-intake.ts'

test("a browser's EventSource goes on by itself where it was when the intake was away, and misses and repeats nothing", async () => {
  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  const shop = await shopFolder()
  const first = await startShopIntake(shop)
  const page = await browser.newPage()
  await page.goto(`${first.url}/v1/counts`)
  await page.evaluate(() => {
    const ids: string[] = []
    const events = new EventSource('/v2/stream/shop.click,shop.view?since=0')
    events.onmessage = ({ data }) => ids.push(JSON.parse(data).meta.id)
    Object.assign(globalThis, { ids })
  })
  const ids = () => page.evaluate(() => (globalThis as unknown as { ids: string[] }).ids)
  await first.post([click('a'), click('b')])
  await until(async () => (await ids()).length === 2)

  await first.close()
  const { port } = new URL(first.url)
  const second = await startShopIntake(shop, { port: Number(port) })
  await second.post(click('c'))
  await until(async () => (await ids()).includes('c'), 20_000)

  expect(await ids()).toEqual(['a', 'b', 'c'])
})
