import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient, type Event, type Outcome } from 'rivulet'
import { expect, test } from 'vitest'
import { startRelay } from '../../support/relay.ts'
import { rivulet } from './child.ts'
import { click, shopFolder, startShopIntake } from './temp-intake.ts'
import { folderOf, write } from '../../support/folder.ts'

const today = () => new Date().toISOString().slice(0, 10)

const STREAMS = {
  'shop.click': { schema_title: 'shop/click' },
  'shop.view': { schema_title: 'shop/view' },
  'rivulet.ledger': { schema_title: 'rivulet/ledger' },
}

/** An event with its number, as a client sends it. */
function numbered(
  instance: string,
  seq: number,
  { stream = 'shop.click', action = 'buy', sdk = 'rivulet/0.1.0' } = {},
) {
  const producer = { sdk, id: instance, seq, rate: 1 }
  return click(`${instance}-${seq}-${stream}`, {
    $schema: stream === 'shop.view' ? '/shop/view/1.0.0' : '/shop/click/1.0.0',
    meta: { stream, id: `${instance}-${seq}-${stream}`, producer },
    action,
  })
}

/** What an instance tells; the highest version counts. */
function account(
  id: string,
  version: number,
  entries: readonly object[],
  { troubles = {}, sdk = 'rivulet/0.1.0' } = {},
) {
  return {
    $schema: '/rivulet/ledger/1.0.0',
    dt: '2026-11-22T10:00:00.000Z',
    meta: {
      stream: 'rivulet.ledger',
      id: `${id}-${version}`,
      producer: { sdk: 'rivulet/0.1.0', id: 'p', seq: 1, rate: 1 },
    },
    account: id,
    version,
    sdk,
    entries,
    troubles,
  }
}

/** A data folder that an intake has written: of 12 submitted events, ten have numbers and six are stored. */
async function storedByAnIntake() {
  const shop = await shopFolder(STREAMS)
  const { post, close } = await startShopIntake(shop)
  const sent = [1, 2, 3, 5, 6, 7].map((seq) => numbered('p', seq))
  await post(sent)
  await post([...sent.slice(0, 2), numbered('p', 8, { action: 'steal' })])
  const settled = { delivered: [1, 3, 5, 7], evicted: [4, 4], refused: [8, 8] }
  const entry = { instance: 'p', stream: 'shop.click', submitted: 12, last: 10 }
  const answers = [
    await post(account('a', 1, [{ ...entry, submitted: 3, last: 3, kept_out: {}, settled: {} }])),
    await post(
      account('a', 9, [{ ...entry, kept_out: { 'out-of-sample': 2 }, settled }], {
        troubles: { blocked: 3 },
      }),
    ),
  ]
  await close()
  expect(answers.map(({ status }) => status)).toEqual([201, 201])
  return shop
}

/** The same of a page that lost three events, of one on a newer SDK, and of one that told nothing. */
async function storedFromThreePages() {
  const shop = await shopFolder(STREAMS)
  const { post, close } = await startShopIntake(shop)
  const evictedOrLost = [51, 52, 53, 20, 21, 113]
  const batches = [
    upTo(113, (seq) => numbered('p', seq)).filter((_, index) => !evictedOrLost.includes(index + 1)),
    upTo(10, (seq) => numbered('p', seq)),
    upTo(29, (seq) => numbered('q', seq, { sdk: 'rivulet/0.2.0' })),
    upTo(40, (seq) => numbered('r', seq, { sdk: 'rivulet/0.2.0', stream: 'shop.view' })).filter(
      (_, index) => index + 1 !== 7,
    ),
    [numbered('p', 114, { action: 'steal' })],
  ]
  const told = { stream: 'shop.click', kept_out: { 'out-of-sample': 120, invalid: 2 } }
  const settled = { delivered: [1, 50, 54, 113], evicted: [51, 53], refused: [114, 114] }
  const accounts = [
    account('a', 300, [{ ...told, instance: 'p', submitted: 240, last: 118, settled }], {
      troubles: { blocked: 3, storage: 1 },
    }),
    account(
      'b',
      90,
      [
        {
          ...told,
          instance: 'q',
          submitted: 60,
          last: 29,
          kept_out: { 'out-of-sample': 31 },
          settled: { delivered: [1, 29] },
        },
      ],
      { sdk: 'rivulet/0.2.0' },
    ),
  ]
  for (const batch of [...batches, accounts]) await post(batch)
  await close()
  return shop
}

const upTo = <Value>(last: number, make: (seq: number) => Value): Value[] =>
  Array.from({ length: last }, (_, index) => make(index + 1))

test('it tells to the event what a real intake has stored, by stream and SDK', async () => {
  const { data } = await storedByAnIntake()

  const { code, stdout, stderr } = await rivulet(['loss', '--data', data, '--json']).ended

  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({
    losses: [
      {
        stream: 'shop.click',
        sdk: 'rivulet/0.1.0',
        instances: 1,
        instances_with_unknown_end: 0,
        submitted: 12,
        kept_out: { 'out-of-sample': 2 },
        dropped: { evicted: 1, refused: 1 },
        delivered: 6,
        duplicates_removed: 2,
        missing_in_the_middle: 0,
        missing_at_the_end: 0,
        missing_unconfirmed: 0,
        unknown: 2,
      },
    ],
    troubles: { blocked: 3 },
  })
  expect(code).toBe(0)
})

test.each([
  ['in the middle', [2, 5], { missing_in_the_middle: 2, missing_at_the_end: 0, unknown: 2 }],
  ['at the end', [6, 7], { missing_in_the_middle: 0, missing_at_the_end: 2, unknown: 2 }],
  ['all of them', [1, 2, 3, 5, 6, 7], { missing_in_the_middle: 0, missing_at_the_end: 6, unknown: 2 }],
])('events that are lost from the store are missed, %s, and the exit code is 1', async (_, lost, row) => {
  const { data } = await storedByAnIntake()
  const file = join(data, 'shop.click', `${today()}.jsonl`)
  const lines = (await readFile(file, 'utf8')).split('\n')
  const isKept = (line: string) => !lost.some((seq) => line.includes(`"seq":${seq},`))
  await writeFile(file, lines.filter(isKept).join('\n'))

  const { code, stdout } = await rivulet(['loss', '--data', data, '--json']).ended

  expect(JSON.parse(stdout).losses).toMatchObject([{ submitted: 12, delivered: 6 - lost.length, ...row }])
  expect(code).toBe(1)
})

test('of what a real client submits, what is lost behind the answer is missed to the event, and nothing else', async () => {
  const streams = {
    ...STREAMS,
    'shop.view': { schema_title: 'shop/view', sample: { unit: 'session', rate: 0 } },
  }
  const shop = await shopFolder(streams)
  const intake = await startShopIntake(shop)
  const relay = await startRelay(intake.url)
  const lost = new Set([3, 17, 18, 39, 40])
  let answersLost = 0
  relay.onEvents(async ({ path, body }) => {
    const events = JSON.parse(body) as Event[]
    const kept = events.filter(({ meta }) => meta.stream !== 'shop.click' || !lost.has(meta.producer.seq!))
    const answer = await fetch(`${intake.url}${path}`, { method: 'POST', body: JSON.stringify(kept) })
    // The first answer does not arrive: what it answers for comes again.
    if (answersLost++ === 0) return undefined
    return { status: answer.status, body: await answer.text() }
  })
  const settled: Outcome[] = []
  const client = createClient({
    intakeUrl: `${relay.url}/v1/events`,
    streamConfigs: { streams },
    ids: { session: '0123456789abcdef0123' },
    onOutcome: (outcome) => settled.push(outcome),
  })

  const submit = (stream: string, action: string) =>
    client.submit(stream, {
      $schema: stream === 'shop.view' ? '/shop/view/1.0.0' : '/shop/click/1.0.0',
      action,
    })
  for (let number = 1; number <= 40; number++) submit('shop.click', number === 20 ? 'steal' : 'buy')
  for (let number = 1; number <= 7; number++) submit('shop.view', 'buy')
  submit('shop.unknown', 'buy')
  await expect.poll(() => settled.length, { timeout: 30_000 }).toBe(48)
  await client.close()
  await intake.close()

  const { code, stdout, stderr } = await rivulet(['loss', '--data', shop.data, '--json']).ended
  expect(stderr).toBe('')
  const { losses } = JSON.parse(stdout) as { losses: { stream: string }[] }
  const nothing = { dropped: {}, delivered: 0, missing_in_the_middle: 0, missing_at_the_end: 0, unknown: 0 }
  expect(losses).toMatchObject([
    {
      stream: 'shop.click',
      submitted: 40,
      kept_out: {},
      dropped: { refused: 1 },
      delivered: 34,
      duplicates_removed: 34,
      missing_in_the_middle: 3,
      missing_at_the_end: 2,
      unknown: 0,
      instances_with_unknown_end: 0,
    },
    { ...nothing, stream: 'shop.unknown', submitted: 1, kept_out: { unconfigured: 1 } },
    { ...nothing, stream: 'shop.view', submitted: 7, kept_out: { 'out-of-sample': 7 } },
  ])
  expect(code).toBe(1)
})

test('without --json it is a table for people, with the reasons and what to know: the one of the README', async () => {
  const { data } = await storedFromThreePages()

  const { code, stdout } = await rivulet(['loss', '--data', data]).ended

  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(`\n\`\`\`\n${stdout}\`\`\`\n`)
  expect(code).toBe(1)
})

test('a stream of which nothing is stored, and events without numbers, are remarked on', async () => {
  const shop = await shopFolder(STREAMS)
  const { post, close } = await startShopIntake(shop)
  await post([click('a'), click('a')])
  const settled = { delivered: [1, 2] }
  await post(account('a', 1, [{ instance: 'p', stream: 'shop.view', submitted: 2, last: 2, settled }]))
  await close()

  const { stdout } = await rivulet(['loss', '--data', shop.data]).ended

  expect(stdout).toContain('Nothing of shop.view is stored here: if its events go to another intake')
  expect(stdout).toContain('Events of (none) have no numbers: what is missing of them does not show.')
})

test('one stream, the ledger too, can be asked for, and a time from which on', async () => {
  const { data } = await storedByAnIntake()
  const losses = async (...flags: string[]) => {
    const { stdout } = await rivulet(['loss', '--data', data, '--json', ...flags]).ended
    return JSON.parse(stdout).losses as { stream: string; delivered: number }[]
  }

  expect(await losses('--stream', 'rivulet.ledger')).toMatchObject([
    { stream: 'rivulet.ledger', delivered: 1, duplicates_removed: 1 },
  ])
  expect(await losses('--stream', 'shop.click', '--since', '1h')).toMatchObject([{ delivered: 6 }])
  expect(await losses('--since', '2026-11-22')).toMatchObject([{ delivered: 6 }])
})

test('it reads while the intake writes: a line that has no end yet is left for the next time', async () => {
  const shop = await shopFolder(STREAMS)
  const { post } = await startShopIntake(shop)
  await post(numbered('p', 1))
  const file = join(shop.data, 'shop.click', `${today()}.jsonl`)
  const whole = await readFile(file, 'utf8')
  await writeFile(file, `${whole}no json\n${JSON.stringify(numbered('p', 2)).slice(0, 40)}`)

  const { code, stdout, stderr } = await rivulet(['loss', '--data', shop.data, '--json']).ended

  expect(JSON.parse(stdout).losses).toMatchObject([{ delivered: 1 }])
  expect(JSON.parse(stderr)).toEqual({
    level: 'warn',
    message: expect.stringMatching(/shop\.click.*a line is no JSON object and is passed over/),
  })
  expect(code).toBe(0)
  expect(await readFile(file, 'utf8')).toContain('no json\n{"$schema"')
})

test('--help explains the columns, and names each flag with its default', async () => {
  const { code, stdout } = await rivulet(['loss', '--help']).ended

  expect(code).toBe(0)
  for (const part of ['--stream', '--since', '--data', './rivulet-data', '--json', 'Exit code', 'Examples'])
    expect(stdout).toContain(part)
  for (const column of ['submitted', 'kept out', 'dropped', 'delivered', 'missing', 'unknown', 'duplicates'])
    expect(stdout).toMatch(new RegExp(`^  ${column} `, 'm'))
})

test.each([
  ['a folder that is not there', ['--data', 'nowhere'], /nowhere.*no such data folder.*--data/],
  ['a file', ['--data', 'file'], /file.*no such data folder.*--data/],
  ['another folder', ['--data', 'other'], /other.*no data folder.*<stream>\/<day>\.jsonl.*--data/],
  ['a folder of a newer layout', ['--data', 'newer'], /newer.*layout 99.*newer rivulet/],
  ['a folder without events', ['--data', 'empty'], /empty.*no events are stored yet/],
  [
    'a stream that is not there',
    ['--data', 'full', '--stream', 'no'],
    /full.*of stream no.*here are shop\.click/,
  ],
  [
    'a time after all',
    ['--data', 'full', '--since', '2100-01-01T00:00'],
    /since 2100-01-01T00:00:00.*earlier/,
  ],
  ['a time that is none', ['--since', 'monday'], /'monday' is invalid.*2026-11-22T10:00Z.*24h/],
  ['a day that is none', ['--since', '2026-13-01'], /'2026-13-01' is invalid/],
  ['a wrong flag', ['--steam', 'x'], /unknown option '--steam'.*--stream/],
])('%s: one line that says what, where and what to do, exit code 2', async (_, flags, line) => {
  const folder = await folderOf()
  await write(join(folder, 'file'), '')
  await write(join(folder, 'other/notes/today.txt'), '')
  await write(join(folder, 'newer/.rivulet/state.json'), { layout: 99 })
  await write(join(folder, 'empty/.rivulet/state.json'), { layout: 1 })
  await write(join(folder, 'full/shop.click/2026-11-22.jsonl'), `${JSON.stringify(numbered('p', 1))}\n`)

  const { code, stdout, stderr } = await rivulet(['loss', ...flags], { cwd: folder }).ended

  expect(stderr).toMatch(/^rivulet: [^\n]+\n$/)
  expect(stderr).toMatch(line)
  expect(stdout).toBe('')
  expect(code).toBe(2)
})
