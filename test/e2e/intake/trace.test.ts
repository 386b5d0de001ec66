import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderOf } from '../../support/folder.ts'
import { rivulet } from './child.ts'

const event = (id: string, at: string, meta: object = {}) => ({ dt: `${at}Z`, meta: { id, ...meta } })
const lines = (stream: string, ...events: readonly { meta: object }[]) =>
  events.map(({ meta, ...rest }) => `${JSON.stringify({ ...rest, meta: { stream, ...meta } })}\n`).join('')

/** What an intake has stored in two days. */
const storedFolder = () =>
  folderOf({
    'shop.view/2026-11-22.jsonl': lines('shop.view', event('view', '2026-11-22T23:59:00')),
    'shop.click/2026-11-22.jsonl': lines(
      'shop.click',
      event('click', '2026-11-22T23:59:58', { cause: 'view', request_id: 'r' }),
      event('other', '2026-11-22T23:59:59', { cause: 'view' }),
    ),
    'shop.order/2026-11-23.jsonl': `no JSON\n${lines(
      'shop.order',
      event('order', '2026-11-23T00:00:00.25', { cause: ['click', 'lost'], request_id: 'r' }),
    )}`,
    'shop.mail/2026-11-23.jsonl': lines(
      'shop.mail',
      event('mail', '2026-11-23T09:00:00', { cause: 'order' }),
      event('both', '2026-11-23T00:00:01', { cause: ['order', 'click'] }),
    ),
  })

test('a trace is a tree in words, over streams and days', async () => {
  const data = await storedFolder()

  const { code, stdout, stderr } = await rivulet(['trace', 'order', '--data', data]).ended

  expect(stdout).toBe(
    `   -60.3 s  shop.view        view
   -2.3 s     shop.click     click  by cause
>  0 ms         shop.order   order  by cause
   +750 ms        shop.mail  both   by cause
   +9.0 h         shop.mail  mail   by cause
   +750 ms      shop.mail    both   by cause, see above
            (not stored)     lost
>  0 ms       shop.order     order  by cause, see above

Not stored: 1. Others name it as their cause; it was sampled out, dropped or lost, is on its way, or was removed.
`,
  )
  expect(stderr).toMatch(/^rivulet trace: .*shop\.order.*no JSON object.*\n$/)
  expect(code).toBe(0)
})

test('what is left out is said, and what else belongs to it is shown where it is asked for', async () => {
  const data = await storedFolder()

  const few = await rivulet(['trace', 'view', '--data', data, '--depth', '1']).ended
  const whole = await rivulet(['trace', 'mail', '--data', data, '--whole', '--limit', '3', '--json']).ended

  expect(few.stdout).toMatch(/\n\nLeft out: 3 that are more steps away; see --depth\.\n$/)
  const { nodes, edges, left_out } = JSON.parse(whole.stdout)
  expect(nodes.map(({ id }: { id: string }) => id)).toEqual(['click', 'order', 'mail'])
  expect(edges).toEqual([
    { from: 'click', to: 'order', by: 'cause' },
    { from: 'order', to: 'mail', by: 'cause' },
  ])
  expect(left_out).toEqual({ by_depth: 0, by_limit: 4 })
})

test('nothing is known of an id: that is said, and exits with 1', async () => {
  const data = await storedFolder()

  const words = await rivulet(['trace', 'ordr', '--data', data]).ended
  const json = await rivulet(['trace', 'ordr', '--data', data, '--json']).ended

  expect(words).toMatchObject({ code: 1, stdout: `${data}: no event, cause or request here is ordr\n` })
  expect(json.code).toBe(1)
  expect(JSON.parse(json.stdout)).toEqual({ nodes: [], edges: [], left_out: { by_depth: 0, by_limit: 0 } })
})

test.for([
  [[], /missing required argument 'id'/],
  [['a', '--depth', '0'], /--depth.*Give a whole number, 1 or more/],
  [['a', '--limit', 'many'], /--limit.*Give a whole number, 1 or more/],
  [['a', 'b'], /too many arguments/],
  [['a', '--data', 'nowhere'], /nowhere: there is no such data folder; name the one/],
] as const)('%o is refused in one line, and exits with 2', async ([args, message]) => {
  const { code, stdout, stderr } = await rivulet(['trace', ...args], { cwd: await folderOf() }).ended

  expect(stderr).toMatch(message)
  expect(stderr.split('\n')).toHaveLength(2)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})

test('a folder that cannot be read is named, and exits with 2', async () => {
  const data = await folderOf({ 'shop.click/2026-11-22.jsonl/not-a-file': '' })

  const { code, stderr } = await rivulet(['trace', 'a', '--data', data]).ended

  expect(stderr).toContain(join(data, 'shop.click/2026-11-22.jsonl'))
  expect(code).toBe(2)
})
