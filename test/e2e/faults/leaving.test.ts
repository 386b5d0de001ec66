import { expect } from 'vitest'
import { cut } from 'rivulet/testing'
import { actions, expectAll, MANY, startScene, story, submit, submitAndLeave } from './story.ts'

story(
  'a page left in the same task loses nothing: what no beacon took, the next page sends',
  async (engine) => {
    const { site, intake, open } = await startScene(engine)
    const tab = await open('/first')

    const ids = await submitAndLeave(tab, site, actions(MANY))
    await tab.goto(`${site}/second`)

    await expectAll(intake, ids)
  },
)

story('a page left while nothing gets through loses nothing: the next page sends all', async (engine) => {
  const { site, intake, open } = await startScene(engine)
  const tab = await open('/first')
  intake.fault(cut())

  const ids = await submitAndLeave(tab, site, actions(MANY))
  intake.heal()
  await tab.goto(`${site}/second`)

  await expectAll(intake, ids)
})

story('a tab closed right after its events loses nothing', async (engine) => {
  const { intake, open } = await startScene(engine)
  const tab = await open('/first')

  const ids = await submit(tab, actions(MANY))
  await tab.close()
  await open('/second')

  await expectAll(intake, ids)
})

story(
  '20 events of 20 kB on the way out: what does not fit into 60 kB comes with the next page',
  async (engine) => {
    const { site, intake, open } = await startScene(engine)
    const tab = await open('/first')

    const ids = await submitAndLeave(tab, site, actions(20, 'x'.repeat(20_000)))
    const beaconed = intake.posts.filter(({ isBeacon }) => isBeacon)
    await tab.goto(`${site}/second`)

    await expectAll(intake, ids)
    expect(beaconed.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(60_000)
  },
)

story('what fits into the last request is the most important, not the oldest', async (engine) => {
  const streams = { 'web.click': {}, 'web.buy': { producers: { rivulet: { priority: 'high' } } } }
  const { site, intake, open } = await startScene(engine, { options: { streamConfigs: { streams } } })
  const tab = await open('/first')

  const [id = ''] = await tab.run(
    ([actions, url]) => {
      for (const action of actions) window.client.submit('web.click', { action })
      const id = window.client.submit('web.buy', { action: 'buy' })
      location.href = url
      return [id]
    },
    [actions(20, 'x'.repeat(20_000)), `${site}/plain`] as const,
  )

  await intake.until(() => intake.timesAccepted(id) > 0)
})

story('events submitted inside pagehide count too, and so do those of visibilitychange', async (engine) => {
  const { site, intake, open } = await startScene(engine)
  const tab = await open('/first')

  await tab.run((count) => {
    const submitAs = (name: string) => {
      const ids = Array.from({ length: count }, (_, i) =>
        window.client.submit('web.click', { action: `${name}-${i}` }),
      )
      localStorage.setItem(name, JSON.stringify(ids))
    }
    addEventListener('pagehide', () => submitAs('pagehide'))
    document.addEventListener('visibilitychange', () => submitAs('hidden'))
  }, MANY / 2)
  await tab.goto(`${site}/second`)
  const ids = await tab.run(() =>
    ['pagehide', 'hidden'].flatMap((name): string[] => JSON.parse(localStorage.getItem(name) ?? '[]')),
  )

  expect(ids).toHaveLength(MANY)
  await expectAll(intake, ids)
})
