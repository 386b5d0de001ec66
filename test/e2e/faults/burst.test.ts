import { expect } from 'vitest'
import { actions, expectAll, PATIENCE, startScene, story, submit } from './story.ts'

story('5,000 events in one task all arrive, each once', async (engine) => {
  const { intake, open } = await startScene(engine)
  const tab = await open('/first')

  const ids = await submit(tab, actions(5000))
  await expect.poll(() => tab.run(() => window.outcomes.length), PATIENCE).toBe(5000)

  await expectAll(intake, ids)
  expect(ids.filter((id) => intake.timesAccepted(id) > 1)).toEqual([])
})

story('5,000 events in one task, and the page is left with it: all arrive with the next', async (engine) => {
  const { site, intake, open } = await startScene(engine)
  const tab = await open('/first')

  await tab.run(
    ([actions, url]) => {
      const ids = actions.map((action) => window.client.submit('web.click', { action }))
      localStorage.setItem('ids', JSON.stringify(ids))
      location.href = url
    },
    [actions(5000), `${site}/second`] as const,
  )
  await expect.poll(() => tab.run(() => location.pathname).catch(String), PATIENCE).toBe('/second')
  const ids = await tab.run((): string[] => JSON.parse(localStorage.getItem('ids') ?? '[]'))

  expect(ids).toHaveLength(5000)
  await expectAll(intake, ids)
})
