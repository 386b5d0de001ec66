import { expect } from 'vitest'
import { hang, tooManyRequests } from 'rivulet/testing'
import type { Tab } from '../../support/engines.ts'
import {
  actions,
  arrived,
  expectAll,
  expectForgotten,
  expectNoneTwice,
  MANY,
  startScene,
  story,
  submit,
} from './story.ts'

story(
  'a page with events in its queue comes back from the back/forward cache, and sends them',
  async (engine) => {
    const { site, intake, open } = await startScene(engine)
    const tab = await open('/first')
    await notePersisted(tab)
    intake.fault(tooManyRequests({ retryAfter: 2 }))

    const ids = await submit(tab, actions(MANY / 2))
    await intake.until(() => intake.posts.length > 0)
    // What it is told of the request is behind this by now.
    await tab.run(() => window.client.flush({ timeout: 100 }))
    await tab.goto(`${site}/plain`)
    intake.heal()
    await tab.back()
    await arrived(tab, '/first')
    ids.push(...(await submit(tab, actions(MANY / 2, 'back'))))

    expect(await persisted(tab)).toBe('true')
    await expectAll(intake, ids)
    await expectForgotten(tab, ids)
  },
)

story(
  'a page left in mid-send comes back from it too, and held up no other tab meanwhile',
  async (engine) => {
    const { site, intake, open } = await startScene(engine)
    const tab = await open('/first')
    await notePersisted(tab)
    intake.fault(hang())

    const ids = await submit(tab, actions(MANY / 2))
    await intake.until(() => intake.posts.length > 0)
    await tab.goto(`${site}/plain`)
    intake.heal()
    const other = await open('/other')
    // It takes the lock, which is free: else that would drive the page out of the cache.
    ids.push(...(await submit(other, actions(MANY / 4, 'other'))))
    await expectAll(intake, ids)
    await tab.back()
    await arrived(tab, '/first')
    ids.push(...(await submit(tab, actions(MANY / 4, 'back'))))

    expect(await persisted(tab)).toBe('true')
    await expectAll(intake, ids)
  },
)

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
  await expectNoneTwice(intake, ids, tabs)
})

function notePersisted(tab: Tab): Promise<void> {
  return tab.run(() => {
    addEventListener('pageshow', ({ persisted }) => {
      document.documentElement.dataset.persisted = String(persisted)
    })
  })
}

const persisted = (tab: Tab) => tab.run(() => document.documentElement.dataset.persisted)
