// Loaded into an intake before it starts (`--import`): as long as the file `$STALLED_WHILE` is there, no write of its
// files is done, as on a disk that hangs.
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

const handle = await open(process.execPath)
const file = Object.getPrototypeOf(handle)
await handle.close()

for (const name of ['sync', 'datasync']) {
  const really = file[name]
  file[name] = async function () {
    while (existsSync(process.env.STALLED_WHILE ?? '')) await pause(10)
    return really.call(this)
  }
}
