// A process with its queue in a folder, which does what its parent says.
//
//   fork('queue-process.mjs', [JSON.stringify({ options, plan })])
import { createClient } from 'rivulet'

const { options, plan } = JSON.parse(process.argv[2] ?? '{}')
const events = createClient({
  ...options,
  onOutcome: (/** @type {import('rivulet').Outcome} */ { id, kind }) => tell({ id, kind }),
})
let number = 0

/** @param {object} message */
function tell(message) {
  if (process.connected) process.send?.(message)
}

function submit(text = '') {
  const id = events.submit('shop.click', { number: number++, text })
  tell({ submitted: id, at: Date.now() })
  return id
}

/** @type {{ [name: string]: (message: any) => unknown }} */
const deeds = {
  submit: ({ count = 1, text }) => {
    for (let left = count; left > 0; left--) submit(text)
  },
  /** An event each few ms, and now and then many at once. */
  keepSubmitting: () =>
    setInterval(() => {
      for (let left = number % 40 ? 1 : 25; left > 0; left--) submit('x'.repeat((number * 37) % 900))
    }, 4),
  flush: async ({ timeout }) => tell({ flushed: await events.flush({ timeout }) }),
  deny: () => events.setConsent('denied'),
  close: async () => {
    await events.close()
    process.disconnect()
  },
}

/** How it ends by itself: what it submits last is in the task of its end. @type {{ [name: string]: () => unknown }} */
const plans = {
  'runs to its end': () => submit(),
  'calls process.exit': () => {
    submit()
    process.exit(0)
  },
  'throws what nobody catches': () => {
    submit()
    throw new Error('nobody catches this')
  },
  'rejects what nobody handles': () => {
    submit()
    void Promise.reject(new Error('nobody handles this'))
  },
  'submits while it exits': () => {
    process.on('exit', () => submit())
    process.exit(0)
  },
  'goes to another folder first': () => {
    process.chdir('/')
    submit()
    process.exit(0)
  },
  'submits, and exits while that is written': () => {
    submit('x'.repeat(50_000))
    setImmediate(() => {
      submit()
      process.exit(0)
    })
  },
}
if (plan) plans[plan]?.()
else {
  process.on('message', async (/** @type {any} */ message) => {
    await deeds[message.do]?.(message)
    tell({ did: message.do })
  })
  tell({ ready: true })
}
