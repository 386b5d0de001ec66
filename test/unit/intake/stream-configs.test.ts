import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openConfigHistory } from '../../../src/intake/config-history.ts'
import { openStreamConfigs } from '../../../src/intake/stream-configs.ts'

// In memory, where writing takes no time, several changes fall into one tick of the clock that files are dated by.
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

function openConfigs(text: string) {
  const folder = mkdtempSync(join(memory, 'rivulet-configs-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'streams.json')
  const edit = (text: string) => writeFileSync(path, text)
  edit(text)
  const told: string[] = []
  const log = ({ message }: { message: string }) => void told.push(message)
  const history = openConfigHistory(folder, log)
  onTestFinished(history.close)
  const configs = openStreamConfigs({ path, history, log })
  onTestFinished(configs.close)
  return { configs, edit, told }
}

test('no change is missed, however quickly one follows another and however alike the files are', () => {
  const contents = Array.from(
    { length: 100 },
    (_, number) => `{"streams":{"shop.click":{"number":${1000 + number}}}}`,
  )
  const { configs, edit } = openConfigs(contents[0]!)

  for (const content of contents) {
    edit(content)
    expect(JSON.parse(configs.served().body)).toMatchObject(JSON.parse(content))
  }
})

test('a config that is too long for clients is told of, and leaves the one before in force', () => {
  const configOf = (note: string) => JSON.stringify({ streams: { 'shop.click': { note } } })
  const { configs, edit, told } = openConfigs(configOf('short'))
  const before = configs.served()

  edit(configOf('x'.repeat(1_000_000)))
  expect(configs.served()).toEqual(before)
  expect(told).toEqual([
    expect.stringMatching(/streams\.json: has 1,000,\d+ characters, .*1,000,000; split it/),
  ])

  edit(configOf('short'))
  const by = { author: 'Ada', reason: 'a test' }
  expect(() => configs.write(JSON.parse(configOf('y'.repeat(1e6))), by)).toThrow(/split it/)
  expect(configs.served()).toEqual(before)
})
