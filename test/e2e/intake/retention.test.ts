import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { dayFilesIn } from '../../../src/intake/day-files.ts'
import { writeInto } from '../../support/folder.ts'
import { ask, firstOfLive } from './ask.ts'
import { rivulet } from './child.ts'
import { click, postEvents, shopFolder, startShopIntake } from './temp-intake.ts'

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
  // Those that are removed stay counted.
  expect(counts).toEqual({ streams: { 'shop.click': { stored: 5, rejected: 0 } } })
  expect(stderr).toMatch(
    new RegExp(
      `removed what was received ${ancient} to ${old}, since it is older than 30 days: [\\d,]+ bytes in 3 files`,
    ),
  )
  expect((await readdir(data)).filter((name) => !name.startsWith('.'))).toEqual(['shop.click'])
  expect((await readdir(join(data, 'shop.click'))).sort()).toEqual([`${kept}.jsonl`, `${dayAgo(0)}.jsonl`])
})

test('at the turn of the day what is older goes while the intake runs, from its memory too, and stays counted', async () => {
  vi.useFakeTimers({
    toFake: ['Date', 'setInterval', 'clearInterval'],
    now: Date.parse('2026-11-22T10:00:00Z'),
  })
  onTestFinished(() => void vi.useRealTimers())
  const { folder, ...shop } = await shopFolder()
  const { url, post, lines } = await startShopIntake({ folder, ...shop }, { keepDays: 2 })
  await post([click('old', { note: 'long ago' }), click('wrong', { action: 'long ago' })])
  const days = async () => (await dayFilesIn(shop.data)).map(({ day }) => day)
  const shown = async () => (await ask(`${url}/api/quality`)).text + (await firstOfLive(url))
  expect(await shown()).toMatch(/long ago.*long ago/s)

  vi.setSystemTime('2026-11-24T23:58:00Z')
  await post(click('new'))
  vi.advanceTimersByTime(60_000)
  expect(await days()).toEqual(['2026-11-22', '2026-11-22', '2026-11-24'])
  // A look while the one before is still at work is left out.
  const daysAMinuteLater = () => {
    vi.advanceTimersByTime(60_000)
    return days()
  }
  await expect.poll(daysAMinuteLater).toEqual(['2026-11-24'])

  await expect
    .poll(() => lines.map(({ message }) => message))
    .toEqual([
      expect.stringMatching(
        /^removed what was received 2026-11-22, since it is older than 2 days: \d+ bytes in 2 files/,
      ),
    ])
  await expect.poll(shown).not.toContain('long ago')
  const { body: counts } = await ask(`${url}/v1/counts`)
  expect(counts).toEqual({ streams: { 'shop.click': { stored: 2, rejected: 1 } } })
})

test.each(['30', '0d', '1.5d', 'ever'])('--keep %s is refused', async (time) => {
  const { code, stderr } = await rivulet(['intake', '--keep', time]).ended

  expect(code).toBe(2)
  expect(stderr).toMatch(/'--keep <time>'.*whole days, such as 30d/)
})
