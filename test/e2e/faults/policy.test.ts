import { expect } from 'vitest'
import { actions, expectAll, MANY, startScene, story, submit, submitAndLeave } from './story.ts'

// 'self' is for what drives the pages of WebKit from within.
const POLICY =
  "default-src 'none'; script-src 'self'; connect-src 'self' INTAKE; img-src data:; require-trusted-types-for 'script'"

story('under a strict policy and Trusted Types all arrive, and nothing is violated', async (engine) => {
  const { site, intake, open } = await startScene(engine, {
    headers: { 'content-security-policy': POLICY },
  })
  const tab = await open('/first')

  const ids = await submit(tab, actions(MANY / 2, 'seen'))
  await expectAll(intake, ids)
  const complaints = await tab.run(() => window.complaints)
  ids.push(...(await submitAndLeave(tab, site, actions(MANY / 2, 'left'), '/second')))
  await expectAll(intake, ids)

  expect([...complaints, ...(await tab.run(() => window.complaints))]).toEqual([])
})

story('that policy is in force: the page may not ask another server', async (engine) => {
  const { open } = await startScene(engine, { headers: { 'content-security-policy': POLICY } })
  const tab = await open('/first')

  const answer = await tab.run(() =>
    fetch('http://127.0.0.1:9/').then(
      () => 'answered',
      () => 'refused',
    ),
  )

  expect(answer).toBe('refused')
  expect(await tab.run(() => window.complaints)).not.toEqual([])
})
