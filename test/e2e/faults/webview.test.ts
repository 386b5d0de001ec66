import { cut, hang } from 'rivulet/testing'
import { expect } from 'vitest'
import type { Engine, Tab } from '../../support/engines.ts'
import { type NativeApp, startNativeApp } from '../../support/native-app.ts'
import {
  actions,
  expectAll,
  expectForgotten,
  expectWritten,
  MANY,
  PATIENCE,
  type Scene,
  startScene,
  story,
  submit,
  submitAndLeave,
} from './story.ts'

interface AppScene extends Scene {
  readonly app: NativeApp
}

/** A site whose pages an app shows. */
async function startAppScene(engine: Engine, options: object = {}): Promise<AppScene> {
  const app = await startNativeApp()
  const scene = await startScene(engine, { entry: 'webview', before: app.script, options })
  return { ...scene, app }
}

/** How many of the events the page has heard the end of. */
const ended = (tab: Tab) => tab.run(() => window.outcomes.length)

story('an app has what its page submits, as soon as it has acked it', async (engine) => {
  const { app, intake, open } = await startAppScene(engine)
  const tab = await open('/first')

  const ids = await submit(tab, actions(MANY))
  await expect.poll(() => ended(tab), PATIENCE).toBe(MANY)

  expect([...app.taken.keys()].sort()).toEqual([...ids].sort())
  await expectAll(intake, ids)
  await expectForgotten(tab, ids)
  // All of it by the app, which sends one at a time.
  expect(intake.posts.filter(({ events }) => events.length > 1)).toEqual([])
})

story('a page left in the same task as it submits leaves all to the app', async (engine) => {
  const { app, site, intake, open } = await startAppScene(engine)
  const tab = await open('/first')
  // Its hello has come.
  const first = await submit(tab, actions(1, 'first'))
  await expect.poll(() => app.taken.size, PATIENCE).toBe(1)

  const ids = await submitAndLeave(tab, site, actions(MANY / 4))
  await tab.goto(`${site}/second`)

  await expectAll(intake, [...first, ...ids])
  await expect.poll(() => app.taken.size, PATIENCE).toBe(1 + ids.length)
})

story('an app that never says hello: the page sends by itself', async (engine) => {
  const { app, intake, open } = await startAppScene(engine)
  app.behave({ hello: undefined })
  const tab = await open('/first')

  const ids = await submit(tab, actions(MANY))

  await expectAll(intake, ids)
  expect(app.taken.size).toBe(0)
})

story(
  'an app that writes and does not ack: the page sends too, and all arrive under one id each',
  async (engine) => {
    const { app, intake, open } = await startAppScene(engine)
    app.behave({ acks: false })
    const tab = await open('/first')

    const ids = await submit(tab, actions(MANY / 4))
    await expect.poll(() => ended(tab), PATIENCE).toBe(ids.length)

    await expectAll(intake, ids)
    expect([...app.taken.keys()].sort()).toEqual([...ids].sort())
    await expect.poll(() => ids.every((id) => intake.timesAccepted(id) === 2), PATIENCE).toBe(true)
  },
)

story('an app killed in the middle of a hand-over: the page sends what it had', async (engine) => {
  const { app, intake, open } = await startAppScene(engine)
  const tab = await open('/first')
  const first = await submit(tab, actions(1, 'first'))
  await expect.poll(() => app.taken.size, PATIENCE).toBe(1)

  app.behave({ writes: false, acks: false })
  const ids = await submit(tab, actions(MANY / 4))
  await expect.poll(() => ids.some((id) => app.timesHanded(id)), PATIENCE).toBe(true)
  app.kill()

  await expectAll(intake, [...first, ...ids])
})

story(
  'an app and its page killed before the ack: the next page hands over again, under the same ids',
  async (engine) => {
    const { app, intake, ownBrowser } = await startAppScene(engine)
    const first = await ownBrowser()
    const tab = await first.open('/first')
    app.behave({ acks: false })

    const ids = await submit(tab, actions(MANY / 4))
    await expectWritten(tab, ids)
    await expect.poll(() => ids.every((id) => app.timesHanded(id)), PATIENCE).toBe(true)
    await first.kill()
    app.behave({ acks: true })
    const second = await ownBrowser()
    await second.open('/second')

    await expect.poll(() => ids.every((id) => app.timesHanded(id) > 1), PATIENCE).toBe(true)
    await expectAll(intake, ids)
  },
)

story('an app that denies consent: its page keeps and sends nothing', async (engine) => {
  const { app, intake, open } = await startAppScene(engine)
  app.behave({ hello: { rivulet: 1, type: 'hello', capabilities: ['ack', 'consent'], consent: 'denied' } })
  const tab = await open('/first')

  await submit(tab, actions(MANY / 4))
  await expect.poll(() => ended(tab), PATIENCE).toBe(MANY / 4)
  await tab.run(() => window.client.flush({ timeout: 500 }))

  expect(app.taken.size + intake.posts.length).toBe(0)
  expect(await tab.run(() => Object.keys(localStorage).filter((key) => key.startsWith('rivulet')))).toEqual(
    [],
  )
})

story('a frame that forges acks takes nothing from the page', async (engine) => {
  const { app, intake, open } = await startAppScene(engine)
  app.behave({ writes: false, acks: false })
  const tab = await open('/first')
  intake.fault(hang(), { times: 1 })

  const ids = await submit(tab, actions(5))
  await expect.poll(() => ids.every((id) => app.timesHanded(id)), PATIENCE).toBe(true)
  await tab.run((ids) => {
    const acks = Object.fromEntries(ids.map((id) => [id, true]))
    const message = JSON.stringify({ rivulet: 1, type: 'ack', acks })
    const frame = document.createElement('iframe')
    // Of an origin of its own.
    frame.sandbox.add('allow-scripts')
    const forge = `
      for (const said of ['rivulet', ${JSON.stringify(message)}, ${message}]) {
        parent.postMessage(said, '*', [new MessageChannel().port1])
      }
      try { parent.dispatchEvent(new CustomEvent('rivulet', { detail: ${message} })) } catch { /* not its own */ }
      parent.postMessage('forged', '*')`
    frame.srcdoc = `<script>${forge.replaceAll('</', '<\\/')}</script>`
    return new Promise<void>((resolve) => {
      addEventListener('message', ({ data }) => {
        if (data === 'forged') resolve()
      })
      document.body.append(frame)
    })
  }, ids)

  expect(await ended(tab)).toBe(0)
  await expectWritten(tab, ids)
  intake.fault(cut(), { times: 1 })
  intake.heal()
  await expectAll(intake, ids)
})

story('wrong options of a page in an app are named', async (engine) => {
  const { open } = await startAppScene(engine)
  const tab = await open('/first')

  const said = await tab.run(() => {
    const wrong: object[] = [{ helloTimeout: '1' }, { transport: 'rivulet' }, { helloTimeOut: 1 }]
    return wrong.map((options) => {
      try {
        window.createClient({ intakeUrl: '/v1/events', ...options })
        return 'taken'
      } catch (error) {
        return String(error)
      }
    })
  })

  expect(said[0]).toBe('TypeError: createClient: helloTimeout is 1 (string); wanted: number')
  expect(said[1]).toBe('TypeError: createClient: transport is rivulet (string); wanted: object')
  expect(said[2]).toMatch(
    /^TypeError: createClient: helloTimeOut is 1 \(number\); wanted: one of .*helloTimeout/,
  )
})
