import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openConfigHistory } from '../../../src/intake/config-history.ts'
import { openStreamConfigs } from '../../../src/intake/stream-configs.ts'

// In memory, where writing takes no time, several changes fall into one tick of the clock that files are dated by.
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

test('no change is missed, however quickly one follows another and however alike the files are', () => {
  const folder = mkdtempSync(join(memory, 'rivulet-configs-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'streams.json')
  const contents = Array.from(
    { length: 100 },
    (_, number) => `{"streams":{"shop.click":{"number":${1000 + number}}}}`,
  )
  writeFileSync(path, contents[0]!)
  const log = () => undefined
  const history = openConfigHistory(folder, log)
  onTestFinished(history.close)
  const configs = openStreamConfigs({ path, history, log })
  onTestFinished(configs.close)

  for (const content of contents) {
    writeFileSync(path, content)
    expect(JSON.parse(configs.served().body)).toMatchObject(JSON.parse(content))
  }
})
