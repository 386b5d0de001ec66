import { expect } from 'vitest'
import { hang } from 'rivulet/testing'
import type { Tab } from '../../support/engines.ts'
import { actions, arrived, expectAll, MANY, startScene, story, submit } from './story.ts'

story('a page comes back from the back/forward cache, though it was left in mid-send', async (engine) => {
  const { site, intake, open } = await startScene(engine)
  const tab = await open('/first')
  const other = await open('/other')
  await notePersisted(tab)
  intake.fault(hang())

  const ids = await submit(tab, actions(MANY / 2))
  await intake.until(() => intake.posts.length > 0)
  await tab.goto(`${site}/plain`)
  intake.heal()
  // Its lock is free, and taking it does not drive it out of the cache.
  ids.push(...(await submit(other, actions(MANY / 4, 'other'))))
  await expectAll(intake, ids)
  await tab.back()
  await arrived(tab, '/first')
  ids.push(...(await submit(tab, actions(MANY / 4, 'back'))))

  expect(await tab.run(() => document.documentElement.dataset.persisted)).toBe('true')
  await expectAll(intake, ids)
})

story('where the context is not secure, and so has no Web Locks, two tabs lose nothing', async (engine) => {
  const { intake, open } = await startScene(engine, { insecure: true })
  const tabs = [await open('/one'), await open('/two')]
  expect(await tabs[0]!.run(() => [isSecureContext, 'locks' in navigator])).toEqual([false, false])

  const ids: string[] = []
  for (let round = 0; round < 4; round++) {
    const submitted = await Promise.all(
      tabs.map((tab, index) => submit(tab, actions(MANY / 8, `${index}-${round}`))),
    )
    ids.push(...submitted.flat())
    await Promise.all(tabs.map((tab) => tab.run(() => void window.client.flush())))
  }

  await expectAll(intake, ids)
})

function notePersisted(tab: Tab): Promise<void> {
  return tab.run(() => {
    addEventListener('pageshow', ({ persisted }) => {
      document.documentElement.dataset.persisted = String(persisted)
    })
  })
}
