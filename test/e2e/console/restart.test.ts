import { expect, test, onTestFinished } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { expectSummaries, openLivePage } from './live-page.ts'

test('the page says when the intake is gone, finds it again, and shows nothing twice', async () => {
  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  const { page, post, stopIntake, startAgain } = await openLivePage(browser)
  await post('shop.click', { action: 'look' }, { amount: 1 })
  await expectSummaries(page, ['amount 1', 'action look'])

  await stopIntake()
  await page.getByText('Connection lost – trying again').waitFor()
  await startAgain()
  await page.getByText('Connected', { exact: true }).waitFor()
  await post('shop.click', { action: 'turn' }, { amount: 2 })

  await expectSummaries(page, ['amount 2', 'action turn', 'amount 1', 'action look'])
  const all = page.getByRole('button', { name: 'All streams' })
  expect(await all.textContent()).toMatch(/2 accepted\s+2 rejected/)
})
