import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { cut, hang } from 'rivulet/testing'
import { openIntake, openSilentServer, runProgram } from './process.ts'

// How a process ends: a real one, and what the intake then has. Events are in memory unless it says otherwise.

/** In ms: what `exitTimeout` is by default, and what a busy machine may add to a stated time. */
const EXIT_TIMEOUT = 2000
const SLACK = 2500

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-ending-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

const numbersOf = (events: readonly { readonly [field: string]: unknown }[]) => events.map(({ n }) => n)

test('a program that simply ends has its events delivered first', async () => {
  const intake = await openIntake()

  const program = runProgram(
    intake.intakeUrl,
    `for (let n = 0; n < 300; n++) events.submit('job.done', { n }); leave()`,
  )

  expect(await program.ended).toMatchObject({ code: 0, signal: null, stderr: '' })
  expect(numbersOf(intake.events())).toEqual(Array.from({ length: 300 }, (_, n) => n))
})

test('a process without events ends at once, whatever the intake does', async () => {
  const intake = await openIntake()
  intake.fault(hang())

  const program = runProgram(intake.intakeUrl, 'leave()')

  const { code, stderr, endedAfter } = await program.ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(endedAfter).toBeLessThan(EXIT_TIMEOUT)
  expect(intake.posts).toEqual([])
})

test.for([
  ['gone', {}],
  ['silent', {}],
  ['breaking each connection', {}],
  ['gone', { exitTimeout: 300 }],
  ['silent', { exitTimeout: 300 }],
] as const)(
  'an intake that is %s holds the process for the stated time, and what is lost is said: %o',
  async ([fate, options]) => {
    const intake = await openIntake()
    if (fate === 'gone') await intake.down()
    else intake.fault(fate === 'silent' ? hang() : cut())

    const program = runProgram(
      intake.intakeUrl,
      `events.submit('job.done', { n: 1 }); events.submit('job.done', { n: 2 }); leave()`,
      { options },
    )

    const { code, stderr, endedAfter } = await program.ended
    const { exitTimeout = EXIT_TIMEOUT } = { exitTimeout: undefined, ...options }
    expect(code).toBe(0)
    expect(stderr).toContain('rivulet: events end unsent with the process: 2')
    expect(endedAfter).toBeGreaterThanOrEqual(exitTimeout - 5)
    expect(endedAfter).toBeLessThan(exitTimeout + SLACK)
  },
)

test('a request under way keeps no process alive, nor does one for stream config', async () => {
  const silent = await openSilentServer()

  const program = runProgram(
    `${silent.url}/v1/events`,
    `
    createClient({ ...options, streamConfigs: undefined, streamConfigUrl: '${silent.url}/streams.json' })
    events.submit('job.done')
    void events.flush({ timeout: 1 })
    process.stdin.resume().once('data', () => { process.stdin.destroy(); leave() })
    `,
    { options: { exitTimeout: 0 } },
  )
  await silent.heard('POST')
  await silent.heard('GET')
  program.child.stdin.write('both are under way')

  const { code, endedAfter } = await program.ended
  expect(code).toBe(0)
  expect(endedAfter).toBeLessThan(SLACK)
})

test('what a host submits at the very end is delivered too, and keeps no process up', async () => {
  const intake = await openIntake()

  const program = runProgram(intake.intakeUrl, `process.on('beforeExit', () => events.submit('job.done'))`)

  expect(await program.ended).toMatchObject({ code: 0 })
  expect(intake.events()).toHaveLength(1)
})

test('process.exit() ends at once with its own code, and says what is lost by it', async () => {
  const intake = await openIntake()

  const program = runProgram(intake.intakeUrl, `events.submit('job.done'); leave(); process.exit(7)`)

  const { code, stderr, endedAfter } = await program.ended
  expect(code).toBe(7)
  expect(stderr).toMatch(/^rivulet: events end unsent with the process: 1; .*await events\.close\(\)\n$/)
  expect(endedAfter).toBeLessThan(EXIT_TIMEOUT)
})

test('after close() nothing is lost by process.exit(), and nothing of ours listens', async () => {
  const intake = await openIntake()

  const program = runProgram(
    intake.intakeUrl,
    `
    events.submit('job.done')
    await events.close()
    console.log(...['beforeExit', 'SIGTERM', 'SIGINT'].map((name) => process.listenerCount(name)))
    process.exit()
    `,
  )

  expect(await program.ended).toMatchObject({ code: 0, stdout: '0 0 0\n', stderr: '' })
  expect(intake.events()).toHaveLength(1)
})

test('an uncaught exception ends the process as it does without us, and what is lost is said', async () => {
  const intake = await openIntake()

  const program = runProgram(
    intake.intakeUrl,
    `events.submit('job.done'); setTimeout(() => { throw new Error('a bug of the host') })`,
  )

  const { code, stderr } = await program.ended
  expect(code).toBe(1)
  expect(stderr).toContain('Error: a bug of the host')
  expect(stderr).toContain('events end unsent with the process: 1')
})

/** Waits for a signal, with an event that has not gone. */
const WAITING = `events.submit('job.done', { n: 1 }); setInterval(() => {}, 1000); console.log('ready')`

test.for(['SIGTERM', 'SIGINT'] as const)('%s ends the process as ever, after its events', async (signal) => {
  const intake = await openIntake()
  const program = runProgram(intake.intakeUrl, WAITING)
  await program.said('ready')

  program.child.kill(signal)

  expect(await program.ended).toMatchObject({ code: null, signal, stderr: '' })
  expect(numbersOf(intake.events())).toEqual([1])
})

test('before a signal ends the process, the ledger is told', async () => {
  const intake = await openIntake()
  const streamConfigs = { streams: { 'job.done': {}, 'rivulet.ledger': {} } }
  const program = runProgram(intake.intakeUrl, WAITING, { options: { streamConfigs } })
  await program.said('ready')

  program.child.kill('SIGTERM')

  expect(await program.ended).toMatchObject({ signal: 'SIGTERM' })
  expect(intake.events().map(({ meta }) => meta.stream)).toEqual(['job.done', 'rivulet.ledger'])
})

test('a silent intake holds up SIGTERM for the stated time, and what is lost is said', async () => {
  const intake = await openIntake()
  intake.fault(hang())
  const program = runProgram(intake.intakeUrl, WAITING)
  await program.said('ready')
  const begin = performance.now()

  program.child.kill('SIGTERM')

  const { signal, stderr } = await program.ended
  const ms = performance.now() - begin
  expect(signal).toBe('SIGTERM')
  expect(stderr).toContain('events end unsent with the process: 1')
  expect(ms).toBeGreaterThan(EXIT_TIMEOUT - 100)
  expect(ms).toBeLessThan(EXIT_TIMEOUT + SLACK)
})

test('a second signal does not wait', async () => {
  const intake = await openIntake()
  intake.fault(hang())
  const program = runProgram(intake.intakeUrl, WAITING, { options: { exitTimeout: 60_000 } })
  await program.said('ready')

  program.child.kill('SIGINT')
  await intake.until(() => intake.posts.length > 0)
  program.child.kill('SIGINT')

  expect(await program.ended).toMatchObject({ signal: 'SIGINT' })
})

test.for([
  ['on', `process.on('SIGTERM', stop); ${WAITING}`],
  ['once', `process.once('SIGTERM', stop); ${WAITING}`],
] as const)(
  'where the host listens (%s), it decides what becomes of the process, and the events go meanwhile',
  async ([, code]) => {
    const intake = await openIntake()
    const program = runProgram(
      intake.intakeUrl,
      `function stop() { console.log('stopping'); setTimeout(() => process.exit(3), 1500) }\n${code}`,
    )
    await program.said('ready')

    program.child.kill('SIGTERM')

    await intake.until(() => intake.events().length === 1)
    expect(await program.ended).toMatchObject({ code: 3, signal: null, stderr: '' })
    expect(program.output.stdout).toContain('stopping')
  },
)

test('a host that listens before the client is made, once, is not cut short', async () => {
  const intake = await openIntake()
  const program = runProgram(
    intake.intakeUrl,
    `
    await events.close()
    process.once('SIGTERM', () => setTimeout(() => process.exit(3), 1500))
    const late = createClient(options)
    late.submit('job.done', { n: 1 })
    setInterval(() => {}, 1000)
    console.log('ready')
    `,
  )
  await program.said('ready')

  program.child.kill('SIGTERM')

  expect(await program.ended).toMatchObject({ code: 3, signal: null })
})

test('a host that begins to listen while a signal is held up goes on, and so does its queue in a folder', async () => {
  const intake = await openIntake()
  intake.fault(hang(), { times: 1 })
  const program = runProgram(
    intake.intakeUrl,
    `
    process.stdin.once('data', () => {
      process.on('SIGTERM', () => createClient({ ...options, queueDir: queueDir + '/2' }).submit('job.done', { n: 2 }))
      console.log('listens')
    })
    const { queueDir } = options
    ${WAITING}
    `,
    { options: { queueDir: await newFolder() } },
  )
  await program.said('ready')

  program.child.kill('SIGTERM')
  await intake.until(() => intake.posts.length > 0)
  program.child.stdin.write('listen')

  await intake.until(() => numbersOf(intake.events()).includes(2))
  expect(program.child.signalCode).toBe(null)
})

test('what must not be in a folder ends with the process, which says so', async () => {
  const intake = await openIntake()
  const options = { queueDir: await newFolder(), consent: 'pending', exitTimeout: 300 }
  const program = runProgram(intake.intakeUrl, WAITING, { options })
  await program.said('ready')

  program.child.kill('SIGTERM')

  const { signal, stderr } = await program.ended
  expect(signal).toBe('SIGTERM')
  expect(stderr).toContain('events end unsent with the process: 1')
})

test('of a worker thread that is ended with the process, what was written to its folder is sent by the next', async () => {
  const intake = await openIntake()
  await intake.down()
  const options = { queueDir: await newFolder() }
  const program = runProgram(
    intake.intakeUrl,
    `
    import { Worker } from 'node:worker_threads'
    const source = \`
      import { createClient } from '\${import.meta.resolve('rivulet')}'
      import { readdirSync, readFileSync } from 'node:fs'
      import { parentPort } from 'node:worker_threads'
      const options = \${JSON.stringify(options)}
      const folder = options.queueDir + '/rivulet-1/'
      const id = createClient(options).submit('job.done', { n: 1 })
      const isWritten = () => readdirSync(folder).some((name) => readFileSync(folder + name, 'utf8').includes(id))
      setInterval(() => { if (isWritten()) parentPort.postMessage('written') }, 10)
    \`
    new Worker(new URL('data:text/javascript,' + encodeURIComponent(source))).on('message', () => process.exit(4))
    `,
    { options },
  )
  expect(await program.ended).toMatchObject({ code: 4, stderr: '' })

  await intake.up()
  await runProgram(intake.intakeUrl, '', { options: { ...options, exitTimeout: 10_000 } }).ended

  expect(numbersOf(intake.events())).toEqual([1])
})

test('a library that leaves a signal to others unless it is alone does not wait for us', async () => {
  const intake = await openIntake()
  // As signal-exit has it, which many command lines load.
  const program = runProgram(
    intake.intakeUrl,
    `
    process.on('SIGTERM', function again() {
      if (process.listenerCount('SIGTERM') > 1) return
      process.off('SIGTERM', again)
      process.kill(process.pid, 'SIGTERM')
    })
    ${WAITING}
    `,
  )
  await program.said('ready')

  program.child.kill('SIGTERM')

  expect(await program.ended).toMatchObject({ signal: 'SIGTERM' })
})

test('twenty clients have one listener of each kind, which the last one takes along', async () => {
  const intake = await openIntake()

  const program = runProgram(
    intake.intakeUrl,
    `
    const count = () => ['beforeExit', 'SIGTERM', 'SIGINT'].map((name) => process.listenerCount(name)).join()
    const clients = [events, ...Array.from({ length: 19 }, () => createClient(options))]
    clients.forEach((client, n) => client.submit('job.done', { n }))
    console.log('with', count())
    await Promise.all(clients.slice(1).map((client) => client.close()))
    console.log('with', count())
    await events.close()
    console.log('without', count())
    `,
  )

  const { stdout, stderr } = await program.ended
  expect(stdout).toBe('with 1,1,1\nwith 1,1,1\nwithout 0,0,0\n')
  expect(stderr).toBe('')
  expect(intake.events()).toHaveLength(20)
})

test('with exitTimeout 0 nothing listens and nothing is held up', async () => {
  const intake = await openIntake()

  const program = runProgram(
    intake.intakeUrl,
    `
    console.log(...['beforeExit', 'SIGTERM', 'SIGINT'].map((name) => process.listenerCount(name)))
    events.submit('job.done')
    `,
    { options: { exitTimeout: 0 } },
  )

  expect(await program.ended).toMatchObject({ code: 0, stdout: '0 0 0\n', stderr: '' })
  expect(intake.events()).toEqual([])
})
