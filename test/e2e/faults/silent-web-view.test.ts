import { cut } from 'rivulet/testing'
import { expect } from 'vitest'
import { startNativeApp } from '../../support/native-app.ts'
import { actions, expectAll, expectWritten, MANY, PATIENCE, startScene, story, submit } from './story.ts'

// Web views inside of apps may fire none of the events by which a page learns that it is hidden or goes.

/** Before any listener sees it. */
function swallowLifecycle(): void {
  const types = ['pagehide', 'pageshow', 'visibilitychange', 'freeze', 'resume']
  for (const type of types) addEventListener(type, (event) => event.stopImmediatePropagation(), true)
}

story('a page killed where neither visibilitychange nor pagehide comes loses nothing', async (engine) => {
  const { intake, open } = await startScene(engine, { before: swallowLifecycle })
  const tab = await open('/first')
  const renderer = await tab.renderer()
  intake.fault(cut())

  const ids = await submit(tab, actions(MANY))
  await expectWritten(tab, ids)
  await renderer.kill()
  intake.heal()
  await open('/second')

  await expectAll(intake, ids)
})

story('a page left where neither visibilitychange nor pagehide comes loses nothing', async (engine) => {
  const { site, intake, open } = await startScene(engine, { before: swallowLifecycle })
  const tab = await open('/first')
  intake.fault(cut())

  const ids = await submit(tab, actions(MANY))
  await expectWritten(tab, ids)
  await tab.goto(`${site}/plain`)
  intake.heal()
  await tab.goto(`${site}/second`)

  await expectAll(intake, ids)
})

story('a page in an app, killed where no such event comes, loses nothing', async (engine) => {
  const app = await startNativeApp()
  const before = `(${swallowLifecycle})();${app.script}`
  const { intake, ownBrowser } = await startScene(engine, { before, entry: 'webview' })
  const first = await ownBrowser()
  const tab = await first.open('/first')
  app.behave({ writes: false, acks: false })

  const ids = await submit(tab, actions(MANY / 4))
  await expectWritten(tab, ids)
  await first.kill()
  app.behave({ writes: true, acks: true })
  const second = await ownBrowser()
  await second.open('/second')

  await expect.poll(() => app.taken.size, PATIENCE).toBe(ids.length)
  await expectAll(intake, ids)
})
