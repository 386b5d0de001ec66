import { expect } from 'vitest'
import { hang, tooManyRequests } from 'rivulet/testing'
import {
  actions,
  expectAll,
  expectForgotten,
  expectNoneTwice,
  leaveAndComeBack,
  MANY,
  startScene,
  story,
  submit,
  untilKept,
} from './story.ts'

story('a page with events in its queue comes back from the back/forward cache, and sends them', (engine) =>
  untilKept(async () => {
    const { site, intake, open } = await startScene(engine)
    const tab = await open('/first')
    intake.fault(tooManyRequests({ retryAfter: 2 }))

    const ids = await submit(tab, actions(MANY / 2))
    await intake.until(() => intake.posts.length > 0)
    // What it is told of the request is behind this by now.
    await tab.run(() => window.client.flush({ timeout: 100 }))
    const kept = await leaveAndComeBack(tab, site, () => intake.heal())
    ids.push(...(await submit(tab, actions(MANY / 2, 'back'))))

    await expectAll(intake, ids)
    await expectForgotten(tab, ids)
    return kept
  }),
)

story('a page left in mid-send comes back from it too, and held up no other tab meanwhile', (engine) =>
  untilKept(async () => {
    const { site, intake, open } = await startScene(engine)
    const tab = await open('/first')
    intake.fault(hang())

    const ids = await submit(tab, actions(MANY / 2))
    await intake.until(() => intake.posts.length > 0)
    const kept = await leaveAndComeBack(tab, site, async () => {
      intake.heal()
      const other = await open('/other')
      // It takes the lock, which is free: else that would drive the page out of the cache.
      ids.push(...(await submit(other, actions(MANY / 4, 'other'))))
      await expectAll(intake, ids)
    })
    ids.push(...(await submit(tab, actions(MANY / 4, 'back'))))

    await expectAll(intake, ids)
    return kept
  }),
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
