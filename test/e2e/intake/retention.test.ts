import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeInto } from '../../support/folder.ts'
import { ask } from './ask.ts'
import { rivulet } from './child.ts'
import { click, postEvents, shopFolder } from './temp-intake.ts'

const dayAgo = (days: number) => new Date(Date.now() - days * 24 * 3_600_000).toISOString().slice(0, 10)
const line = (id: string) => `${JSON.stringify(click(id))}\n`

test('rivulet intake --keep 30d removes what is older at its start, says so, and goes on', async () => {
  const { folder, data } = await shopFolder()
  const [kept, old, ancient] = [29, 32, 400].map(dayAgo)
  await writeInto(data, {
    [`shop.click/${kept}.jsonl`]: line('a'),
    [`shop.click/${old}.jsonl`]: line('b'),
    [`shop.view/${ancient}.jsonl`]: line('c'),
    [`rivulet.rejected/${ancient}.jsonl`]: line('d'),
  })
  const { child, listening, ended } = rivulet(['intake', '--port', '0', '--data', data, '--keep', '30d'], {
    cwd: folder,
  })
  const url = await listening()

  const posted = await postEvents(url, click('e'))
  const { body: counts } = await ask(`${url}/v1/counts`)
  child.kill('SIGTERM')
  const { code, stderr } = await ended

  expect(code).toBe(0)
  expect(posted.status).toBe(201)
  expect(counts).toEqual({ streams: { 'shop.click': { stored: 2, rejected: 0 } } })
  expect(stderr).toMatch(
    new RegExp(
      `removed what was received ${ancient} to ${old}, since it is older than 30 days: [\\d,]+ bytes in 3 files`,
    ),
  )
  expect((await readdir(data)).filter((name) => !name.startsWith('.'))).toEqual(['shop.click'])
  expect((await readdir(join(data, 'shop.click'))).sort()).toEqual([`${kept}.jsonl`, `${dayAgo(0)}.jsonl`])
})

test.each(['30', '0d', '1.5d', 'ever'])('--keep %s is refused', async (time) => {
  const { code, stderr } = await rivulet(['intake', '--keep', time]).ended

  expect(code).toBe(2)
  expect(stderr).toMatch(/'--keep <time>'.*whole days, such as 30d/)
})
