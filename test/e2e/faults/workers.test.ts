import { hang } from 'rivulet/testing'
import { expect } from 'vitest'
import type { Tab } from '../../support/engines.ts'
import {
  actions,
  expectAll,
  expectForgotten,
  expectNoneTwice,
  expectWritten,
  leaveAndComeBack,
  MANY,
  startScene,
  story,
  submit,
  untilKept,
} from './story.ts'

// The client where there is no window. The tabs show pages without a client of their own, unless the story says so.

type Kind = 'dedicated' | 'shared' | 'service'

declare global {
  interface Window {
    /** Started in this page. */
    workers: Partial<Record<Kind, Worker | MessagePort | ServiceWorker>>
  }
}

/** Submits what it is told, and answers with the ids. */
const WORK = `
  const client = createClient(OPTIONS)
  const work = (event) => {
    event.ports[0].postMessage(event.data.map((action) => client.submit('web.click', { action })))
    event.waitUntil?.(client.flush())
  }
  addEventListener('message', work)
  addEventListener('connect', ({ ports: [port] }) => { port.onmessage = work })
`

const scene = {
  options: {
    streamConfigs: {
      streams: {
        'web.click': {
          producers: {
            rivulet: {
              provide_values: ['agent_client_platform_family', 'page_title', 'page_content_language'],
            },
          },
        },
      },
    },
  },
  files: {
    '/module.js': `import { createClient } from '/rivulet/browser.js'; ${WORK}`,
    '/classic.js': `importScripts('/rivulet/script.js'); const { createClient } = rivulet; ${WORK}`,
  },
}

/** Submits one event for each action in a worker, which is started with the first. Returns their ids. */
function submitIn(tab: Tab, kind: Kind, actions: readonly string[]): Promise<string[]> {
  return tab.run(
    async ([kind, actions]) => {
      window.workers ??= {}
      window.workers[kind] ??= await started()
      const { port1, port2 } = new MessageChannel()
      window.workers[kind]?.postMessage(actions, [port2])
      return new Promise<string[]>((resolve) => {
        port1.onmessage = ({ data }) => resolve(data)
      })

      async function started() {
        if (kind === 'dedicated') return new Worker('/module.js', { type: 'module' })
        if (kind === 'shared') return new SharedWorker('/module.js', { type: 'module' }).port
        await navigator.serviceWorker.register('/classic.js')
        return (await navigator.serviceWorker.ready).active!
      }
    },
    [kind, actions] as const,
  )
}

story('a dedicated worker ended in mid-send loses nothing: the next one sends all', async (engine) => {
  const { intake, open } = await startScene(engine, scene)
  const tab = await open('/plain')
  intake.fault(hang())

  const ids = await submitIn(tab, 'dedicated', actions(MANY))
  await expectWritten(tab, ids)
  await intake.until(() => intake.posts.length > 0)
  await tab.run(() => {
    const { dedicated } = window.workers
    if (dedicated instanceof Worker) dedicated.terminate()
    window.workers = {}
  })
  intake.heal()
  const own = await submitIn(tab, 'dedicated', ['after'])

  await expectAll(intake, [...ids, ...own])
  await expectForgotten(tab, [...ids, ...own])
  const [event] = intake.events()
  expect(event).toMatchObject({
    meta: { domain: '127.0.0.1' },
    agent: { client_platform_family: 'desktop_browser' },
  })
  expect(event?.page).toBeUndefined()
})

story('a shared worker outlives the tab that began it, and takes turns with pages', async (engine) => {
  const { intake, open } = await startScene(engine, scene)
  const first = await open('/plain/first')
  const second = await open('/second')

  const ids = await submitIn(first, 'shared', actions(MANY / 4, 'first'))
  ids.push(...(await submitIn(second, 'shared', actions(MANY / 4, 'second'))))
  await first.close()
  const pending = [
    submitIn(second, 'shared', actions(MANY / 4, 'later')),
    submit(second, actions(MANY / 4, 'page')),
  ]
  ids.push(...(await Promise.all(pending)).flat())

  await expectAll(intake, ids)
  await expectForgotten(second, ids)
  await expectNoneTwice(intake, ids, [second])
  const instances = intake.events().map(({ meta }) => meta.producer.id)
  expect(new Set(instances).size).toBe(2)
})

story('a service worker killed in mid-send is started by the next visit, and sends all', async (engine) => {
  const { intake, ownBrowser } = await startScene(engine, scene)
  const first = await ownBrowser()
  const tab = await first.open('/plain')
  intake.fault(hang())

  const ids = await submitIn(tab, 'service', actions(MANY))
  await expectWritten(tab, ids)
  await intake.until(() => intake.posts.length > 0)
  await first.kill()
  intake.heal()
  const second = await ownBrowser()
  const own = await submitIn(await second.open('/plain'), 'service', ['after'])

  await expectAll(intake, [...ids, ...own])
})

story(
  'a page whose worker has a client comes back from the back/forward cache, and its worker goes on',
  (engine) =>
    untilKept(async () => {
      const { site, intake, open } = await startScene(engine, scene)
      const tab = await open('/plain/first')

      const ids = await submitIn(tab, 'dedicated', actions(MANY / 2))
      await expectAll(intake, ids)
      await expectForgotten(tab, ids)
      const kept = await leaveAndComeBack(tab, site)
      ids.push(...(await submitIn(tab, 'dedicated', actions(MANY / 2, 'back'))))

      await expectAll(intake, ids)
      return kept
    }),
)

story('a page left while its worker sends loses nothing', async (engine) => {
  const { site, intake, open } = await startScene(engine, scene)
  const tab = await open('/plain/first')
  intake.fault(hang())

  const ids = await submitIn(tab, 'dedicated', actions(MANY / 4))
  await intake.until(() => intake.posts.length > 0)
  await expectWritten(tab, ids)
  await tab.goto(`${site}/plain/second`)
  intake.heal()
  const other = await open('/other')
  ids.push(...(await submit(other, actions(MANY / 4, 'other'))))
  await other.run(() => window.client.flush({ timeout: 1000 }))
  // WebKit leaves the lock to the worker of a page in its back/forward cache. Who goes needs none: what fits into a beacon
  // goes by that, the rest once the cache has dropped that page.
  await other.goto(`${site}/plain/third`)

  await expectAll(intake, ids)
})
