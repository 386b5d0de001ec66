import { cut, hang } from 'rivulet/testing'
import {
  actions,
  expectAll,
  expectForgotten,
  expectNoneTwice,
  expectWritten,
  MANY,
  startScene,
  story,
  submit,
} from './story.ts'

story('two tabs that submit and flush at the same time lose nothing', async (engine) => {
  const { intake, open } = await startScene(engine)
  const tabs = [await open('/one'), await open('/two')]

  const ids: string[] = []
  for (let round = 0; round < 4; round++) {
    const submitted = await Promise.all(
      tabs.map((tab, index) => submit(tab, actions(MANY / 8, `${index}-${round}`))),
    )
    ids.push(...submitted.flat())
    await Promise.all(tabs.map((tab) => tab.run(() => void window.client.flush())))
  }

  await expectAll(intake, ids)
  await expectForgotten(tabs[0]!, ids)
  await expectNoneTwice(intake, ids, tabs)
})

story('of five tabs one is closed in mid-send and one crashes: every event arrives', async (engine) => {
  const { intake, open } = await startScene(engine)
  const closing = await open('/closing')
  const [hanging, cutting] = [hang(), cut()]
  intake.fault((...request) => (intake.posts.length ? cutting : hanging)(...request))

  const ids = await submit(closing, actions(MANY / 5, 'closing'))
  await intake.until(() => intake.posts.length > 0)
  // Opened now, since another tab would have sent these events as well.
  const crashing = await open('/crashing')
  const renderer = await crashing.renderer()
  const others = [await open('/3'), await open('/4'), await open('/5')]
  const crashed = await submit(crashing, actions(MANY / 5, 'crashing'))
  await expectWritten(crashing, crashed)
  for (const [index, tab] of others.entries())
    ids.push(...(await submit(tab, actions(MANY / 5, `other-${index}`))))
  await closing.close()
  await renderer.kill()
  intake.heal()

  await expectAll(intake, [...ids, ...crashed])
  await expectForgotten(others[0]!, [...ids, ...crashed])
})
