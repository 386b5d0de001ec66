import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { NODE_VERSIONS, nodeOf } from '../../support/node-versions.ts'
import { openIntake, runProgram } from './process.ts'

// The same story in each line of Node that is promised; this one is the oldest.

/** Where the queue is, and the options for it. */
const QUEUES = [
  ['in memory', async () => ({})],
  ['in a folder', async () => ({ queueDir: await newFolder() })],
] as const

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-versions-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** Prints the version, what became of each event, and how many are queued. */
const STORY = `
  const outcomes = []
  const client = createClient({ ...options, onOutcome: ({ kind, stream, reason }) => outcomes.push([kind, stream, reason]) })
  for (let n = 0; n < 3; n++) client.submit('job.done', { n })
  client.submit('job.unknown')
  const queued = await client.flush()
  await client.close()
  console.log(JSON.stringify({ version: process.versions.node, queued, outcomes }))
`

const delivered = ['delivered', 'job.done', null]
const OUTCOMES = [['dropped', 'job.unknown', 'unconfigured'], delivered, delivered, delivered]

describe.for([process.versions.node, ...NODE_VERSIONS])('Node %s', (version) => {
  let node: string
  beforeAll(async () => {
    node = version === process.versions.node ? process.execPath : await nodeOf(version)
  }, 300_000)

  test.for(QUEUES)('delivers, tells of it and ends, with its queue %s', async ([, optionsFor]) => {
    const [intake, options] = [await openIntake(), await optionsFor()]

    const { code, stdout, stderr } = await runProgram(intake.intakeUrl, STORY, { node, options }).ended

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual({ version, queued: 0, outcomes: OUTCOMES })
    expect(intake.events().map(({ n }) => n)).toEqual([0, 1, 2])
  })

  test.for(QUEUES)('does the same in a worker thread, with its queue %s', async ([, optionsFor]) => {
    const [intake, options] = [await openIntake(), await optionsFor()]
    const work = `${STORY}\ncreateClient(options).submit('job.done', { n: 'at its end' })`

    const { code, stdout, stderr } = await runProgram(
      intake.intakeUrl,
      `
      import { Worker } from 'node:worker_threads'
      // What has no folder of its own names the file.
      const source = \`
        import { createClient } from '\${import.meta.resolve('rivulet')}'
        const options = \${JSON.stringify(options)}
        \` + ${JSON.stringify(work)}
      new Worker(new URL('data:text/javascript,' + encodeURIComponent(source)))
      `,
      { node, options },
    ).ended

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual({ version, queued: 0, outcomes: OUTCOMES })
    expect(intake.events().map(({ n }) => n)).toEqual([0, 1, 2, 'at its end'])
  })

  test.for(QUEUES)(
    'has its events delivered before it ends, and at SIGTERM, with its queue %s',
    async ([, optionsFor]) => {
      const [intake, options] = [await openIntake(), await optionsFor()]
      const natural = runProgram(intake.intakeUrl, `events.submit('job.done', { n: 1 })`, { node, options })
      expect(await natural.ended).toMatchObject({ code: 0, stderr: '' })
      const program = runProgram(
        intake.intakeUrl,
        `events.submit('job.done', { n: 2 }); setInterval(() => {}, 1000); console.log('ready')`,
        { node, options },
      )
      await program.said('ready')

      program.child.kill('SIGTERM')

      expect(await program.ended).toMatchObject({ signal: 'SIGTERM', stderr: '' })
      expect(intake.events().map(({ n }) => n)).toEqual([1, 2])
    },
  )

  test('keeps in a folder what SIGTERM finds no intake for, and the next process sends it', async () => {
    const [intake, queueDir] = [await openIntake(), await newFolder()]
    await intake.down()
    const options = { queueDir, exitTimeout: 300 }
    const first = runProgram(
      intake.intakeUrl,
      `events.submit('job.done', { n: 1 }); setInterval(() => {}, 1000); console.log('ready')`,
      { node, options },
    )
    await first.said('ready')
    first.child.kill('SIGTERM')
    expect(await first.ended).toMatchObject({ signal: 'SIGTERM', stderr: '' })

    await intake.up()
    const next = runProgram(intake.intakeUrl, '', { node, options: { queueDir, exitTimeout: 10_000 } })

    expect(await next.ended).toMatchObject({ code: 0, stderr: '' })
    expect(intake.events().map(({ n }) => n)).toEqual([1])
  })
})

test('Node 24 takes `await using` as it is', async () => {
  const intake = await openIntake()
  const [, version = ''] = NODE_VERSIONS

  const program = runProgram(
    intake.intakeUrl,
    `
    {
      await using client = createClient(options)
      client.submit('job.done')
    }
    process.exit()
    `,
    { node: await nodeOf(version) },
  )

  expect(await program.ended).toMatchObject({ code: 0, stderr: '' })
  expect(intake.events()).toHaveLength(1)
})
