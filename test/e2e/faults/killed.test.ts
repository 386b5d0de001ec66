import { answerLost, cut } from 'rivulet/testing'
import { actions, expectAll, expectWritten, MANY, startScene, story, submit } from './story.ts'

story('a killed renderer loses nothing: the next page sends all', async (engine) => {
  const { intake, open } = await startScene(engine)
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

story('a killed browser loses nothing: the next visit sends all', async (engine) => {
  const { intake, ownBrowser } = await startScene(engine)
  const first = await ownBrowser()
  const tab = await first.open('/first')

  const ids = await submit(tab, actions(MANY))
  await expectWritten(tab, ids)
  await first.kill()
  const second = await ownBrowser()
  await second.open('/second')

  await expectAll(intake, ids)
})

story('a browser killed while the intake is down loses nothing: all arrive when it is up', async (engine) => {
  const { intake, ownBrowser } = await startScene(engine)
  const first = await ownBrowser()
  const tab = await first.open('/first')
  await intake.down()

  const ids = await submit(tab, actions(MANY))
  await expectWritten(tab, ids)
  await first.kill()
  await intake.up()
  const second = await ownBrowser()
  await second.open('/second')

  await expectAll(intake, ids)
})

story('a browser killed before it heard the answer sends again, under the same ids', async (engine) => {
  const { intake, ownBrowser } = await startScene(engine)
  const first = await ownBrowser()
  const tab = await first.open('/first')
  intake.fault(answerLost())

  const ids = await submit(tab, actions(MANY))
  await intake.until(() => ids.every((id) => intake.timesAccepted(id)))
  await first.kill()
  intake.heal()
  const second = await ownBrowser()
  await second.open('/second')
  await intake.until(() => ids.every((id) => intake.timesAccepted(id) > 1))

  await expectAll(intake, ids)
})
