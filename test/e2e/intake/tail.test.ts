import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { folderOf } from '../../support/folder.ts'
import { rivulet } from './child.ts'
import { click, shopFolder, startShopIntake, until } from './temp-intake.ts'

/** Starting a command takes its time on a busy machine. */
const LONG = 30_000

const tail = (url: string, ...flags: string[]) => rivulet(['tail', 'shop.click', '--url', url, ...flags])

const idsIn = (stdout: string) =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).meta.id)

test('events are lines of JSON as they come, with --since those before too, and --limit ends it', async () => {
  const { url, post } = await startShopIntake()
  await post([click('a'), click('b')])
  const { said, ended } = tail(url, '--since', '1h', '--limit', '3')
  await said(/"b"/)

  await post([click('c'), click('d')])

  const { code, stdout, stderr } = await ended
  expect([code, stderr]).toEqual([0, ''])
  expect(idsIn(stdout)).toEqual(['a', 'b', 'c'])
  expect(JSON.parse(stdout.split('\n')[0]!)).toMatchObject(click('a'))
})

test('the id of an event is where it goes on', async () => {
  const { url, post } = await startShopIntake()
  await post([click('a'), click('b'), click('c')])
  const { stdout } = await tail(url, '--since', '1h', '--limit', '2', '--ids').ended
  const [first, second] = stdout.split('\n').map((line) => line && JSON.parse(line))

  expect([first.event.meta.id, second.event.meta.id]).toEqual(['a', 'b'])
  expect(idsIn((await tail(url, '--from-id', first.id, '--limit', '2').ended).stdout)).toEqual(['b', 'c'])
})

test('with --state it goes on where it was when it was killed, before the first event too', async () => {
  const { url, post } = await startShopIntake()
  const state = join(await folderOf(), 'last-id')
  const noted = () => readFile(state, 'utf8').catch(() => '')
  const first = tail(url, '--state', state)
  await until(async () => (await noted()) !== '', LONG)
  first.child.kill('SIGKILL')
  await first.ended
  const begun = await noted()
  await post([click('a'), click('b')])

  const second = tail(url, '--state', state)
  await second.said(/"b"/)
  await until(async () => (await noted()) !== begun, LONG)
  second.child.kill('SIGTERM')
  await post(click('c'))

  expect(idsIn((await second.ended).stdout)).toEqual(['a', 'b'])
  expect(idsIn((await tail(url, '--state', state, '--limit', '1').ended).stdout)).toEqual(['c'])
})

test('when the intake is away it waits for it, says so once, and misses nothing', async () => {
  const shop = await shopFolder()
  const intake = await startShopIntake(shop)
  const { url } = intake
  await intake.post(click('a'))
  const { said, output, child, ended } = tail(url, '--since', '1h')
  await said(/"a"/)
  await intake.close()
  await until(() => output.stderr.includes('trying again'), LONG)

  const again = await startShopIntake(shop, { port: Number(new URL(url).port) })
  await again.post(click('last'))
  await said(/"last"/)
  child.kill('SIGINT')

  const { code, stderr } = await ended
  expect(code).toBe(0)
  expect(stderr).toBe(
    `rivulet tail: ${url}: the intake ended the stream; trying again until it is back\nrivulet tail: ${url}: is back\n`,
  )
})

test('whoever reads from it may have enough', async () => {
  const { url, post } = await startShopIntake()
  await post(click('a'))
  const { child, said, ended } = tail(url, '--since', '1h')
  await said(/"a"/)
  child.stdout.destroy()
  const { exitCode } = child

  while (child.exitCode === null && child.signalCode === null) await post(click(`${Math.random()}`))

  expect(exitCode).toBeNull()
  const { code, stderr } = await ended
  expect([code, stderr]).toEqual([0, ''])
})

test('what cannot be is said in a line, with exit code 2', async () => {
  const token = 'a-token-of-some-length'
  const { url } = await startShopIntake(undefined, { token })
  const other = createServer((_, response) => response.end('<p>hello'))
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const otherUrl = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  const folder = await folderOf()

  const cases: [string[], RegExp][] = [
    [['shop.nothing', '--token', token], /no such stream: shop\.nothing/],
    [['shop.click'], /sign in/],
    [['shop.click', '--token', 'a-wrong-token'], /the token is wrong/],
    [['shop.click', '--token', token, '--from-id', 'x'], /Last-Event-ID is no array/],
    [
      ['shop.click', '--token', token, '--state', join(folder, 'no', 'state')],
      /cannot be written .*name another/,
    ],
    [['shop.click', '--from-id', '[]', '--state', 'x'], /give either --from-id/],
    [['shop.click', '--url', 'intake:8192'], /Give a URL/],
    [['shop.click', '--url', 'http://127.0.0.1:1', '--no-retry'], /127\.0\.0\.1:1: cannot be reached \(.+\)/],
    [['shop.click', '--url', otherUrl], /answers no events; name a Rivulet intake/],
  ]
  const all = cases.map(async ([flags, message]) => {
    const { code, stdout, stderr } = await rivulet(['tail', '--url', url, ...flags], {
      env: { RIVULET_TOKEN: '' },
    }).ended
    expect([code, stdout, stderr.trimEnd().split('\n').length], flags.join(' ')).toEqual([2, '', 1])
    expect(stderr).toMatch(message)
  })
  await Promise.all(all)
})
