import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type Files, folderOf, head } from '../../support/folder.ts'
import { rivulet } from '../intake/child.ts'

const run = async (args: readonly string[], files: Files = {}) => {
  const cwd = await folderOf(files)
  const { code, stdout, stderr } = await rivulet(['streams', ...args], { cwd }).ended
  return { code, stdout, stderr, lines: stdout.trimEnd().split('\n') }
}

const schema = {
  ...head('shop/click'),
  type: 'object',
  required: ['action'],
  properties: { action: { type: 'string' }, meta: { type: 'object' } },
}
const SCHEMAS = { 'schemas/shop/click/1.0.0.json': schema }

const config = (sample: object | null, more: object = {}) => ({
  streams: { 'shop.click': { schema_title: 'shop/click', sample, ...more } },
})

/** A day of events of a stream that keeps half of its sessions. */
const events = (count = 200) =>
  Array.from({ length: count }, (_, index) => {
    const dt = new Date(Date.UTC(2026, 10, 20) + (index * 86_400_000) / (count - 1)).toISOString()
    const session_id = Math.floor((index / count) * 0x7fff_ffff)
      .toString(16)
      .padStart(8, '0')
      .padEnd(20, '0')
    const producer = { id: `page ${index}`, seq: 1, unit: 'session', rate: 0.5 }
    const meta = { id: `${index}`, stream: 'shop.click', dt, producer }
    return { $schema: '/shop/click/1.0.0', action: 'buy', dt, meta, performer: { session_id } }
  })
const asLines = (all: readonly object[]) => all.map((event) => `${JSON.stringify(event)}\n`).join('')
const DATA = { 'rivulet-data/shop.click/2026-11-20.jsonl': asLines(events()) }

describe('streams lint', () => {
  test('finds nothing, and says so', async () => {
    const { code, stdout } = await run(['lint'], { ...SCHEMAS, 'streams.json': config(null) })

    expect({ code, stdout }).toEqual({ code: 0, stdout: '1 stream config: nothing found\n' })
  })

  test('exits with 1 for what is wrong, with file and line', async () => {
    const { code, lines } = await run(['lint', 'a.json', 'b.yaml', '--schemas', 'schemas'], {
      ...SCHEMAS,
      'a.json': config({ unit: 'session', rate: 30 }),
      'b.yaml': 'streams:\n  a:\n    schema_title: shop/clik\n',
    })

    expect(code).toBe(1)
    expect(lines).toEqual([
      expect.stringMatching(/^a\.json:7: the rate is 30, .+ \[sample\]$/),
      expect.stringMatching(/^b\.yaml:3: the schema_title is "shop\/clik", .+ \[schema-title\]$/),
      '2 stream configs: 2 found',
    ])
  })

  test('exits with 0 for warnings, in --json too', async () => {
    const files = { 'streams.json': config(null, { colour: 'red' }) }
    const { code, lines } = await run(['lint'], files)
    const { code: codeOfJson, stdout } = await run(['lint', '--json'], files)

    expect([code, codeOfJson]).toEqual([0, 0])
    expect(lines).toEqual([
      expect.stringMatching(/^\.\/streams\.json:6: warning: "colour" is not known; .+ \[unknown-setting\]$/),
      '1 stream config: 1 warning',
    ])
    expect(JSON.parse(stdout)).toMatchObject({ findings: [{ level: 'warning', rule: 'unknown-setting' }] })
  })

  test.for<[what: string, file: string, text: string, line: RegExp]>([
    [
      'broken JSON',
      'a.json',
      '{\n "streams": {',
      /^a\.json:\d: is no JSON \(.+\); correct the file \[readable\]$/,
    ],
    [
      'broken YAML',
      'a.yaml',
      'streams: [\n',
      /^a\.yaml:\d: is no YAML \(.+\); correct the file \[readable\]$/,
    ],
    ['an empty file', 'a.json', '', /^a\.json:1: is no JSON .+ \[readable\]$/],
    ['a key twice', 'a.json', '{"streams":{"a":{},\n"a":{}}}', /^a\.json:2: has "a" twice .+ \[readable\]$/],
    [
      'a config of 2 MB',
      'a.yaml',
      `# ${'x'.repeat(2_000_000)}`,
      /^a\.yaml: has 2,000,002 characters, .+ \[readable\]$/,
    ],
  ])('%s is a finding', async ([, file, text, line]) => {
    const { code, lines, stderr } = await run(['lint', file], { [file]: text })

    expect([code, stderr]).toEqual([1, ''])
    expect(lines[0]).toMatch(line)
  })

  test('lists its rules', async () => {
    const { code, lines } = await run(['lint', '--rules'])

    expect(code).toBe(0)
    expect(lines).toContainEqual(expect.stringMatching(/^stream-name +A redirect/))
  })
})

describe('streams simulate', () => {
  test('tells from the data folder what a change makes of a stream', async () => {
    const { code, stdout, lines } = await run(['simulate', '--from', 'old.json', '--to', 'new.json'], {
      ...DATA,
      'old.json': config({ unit: 'session', rate: 0.5 }),
      'new.json': config({ unit: 'session', rate: 0.25 }),
    })

    expect(code).toBe(0)
    expect(lines[0]).toBe(
      '200 events replayed, received from 2026-11-20T00:00:00.000Z to 2026-11-21T00:00:00.000Z: 1 day.',
    )
    expect(stdout).toMatch(/^shop\.click +200 +101 +exact +50 % +25 % +0 +0 +\d+ kB +\d+ kB$/m)
  })

  test('has an interval where sampling has hidden the truth, in --json', async () => {
    const { stdout } = await run(['simulate', '--to', 'new.json', '--json'], {
      ...DATA,
      'new.json': config(null),
    })

    const { streams } = JSON.parse(stdout)
    expect(streams).toMatchObject([
      { stream: 'shop.click', now: { perDay: 200 }, shareNow: 0.5, shareThen: 1 },
    ])
    const { perDay, low, high } = streams[0].then
    expect(perDay).toBe(400)
    expect(high - perDay).toBeCloseTo(1.959964 * Math.sqrt((200 * 0.5) / 0.25), 6)
    expect(low).toBeCloseTo(800 - high, 6)
  })

  test('takes the events of a file, and judges them by schemas', async () => {
    const [first, ...others] = events()
    const { code, stdout } = await run(
      ['simulate', '--to', 'new.json', '--events', 'events.jsonl', '--schemas', 'schemas'],
      {
        ...SCHEMAS,
        'new.json': config({ unit: 'session', rate: 0.5 }),
        // The last line without its end.
        'events.jsonl': asLines([...others, { ...first, action: 7 }]).trimEnd(),
      },
    )

    expect(code).toBe(0)
    expect(stdout).toMatch(/^shop\.click +200 +199 /m)
  })

  test('takes the events of the standard input, of one stream', async () => {
    const cwd = await folderOf({ 'new.json': config(null) })
    const cli = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url))
    const args = [
      'streams',
      'simulate',
      '--to',
      'new.json',
      '--events',
      '-',
      '--stream',
      'shop.click',
      '--json',
    ]
    const child = spawn(process.execPath, [cli, ...args], { cwd, stdio: ['pipe', 'pipe', 'inherit'] })
    const other = { meta: { stream: 'other', dt: '2020-01-01T00:00:00Z' } }
    child.stdin.end(`${asLines([other, ...events()])}no event\n`)
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text))
    await once(child, 'close')

    expect(JSON.parse(stdout)).toMatchObject({ events: 200, streams: [{ stream: 'shop.click' }] })
  })

  test('says where there is nothing to tell from', async () => {
    const { code, lines } = await run(['simulate', '--to', 'new.json', '--events', 'none.jsonl'], {
      'new.json': config(null),
      'none.jsonl': '',
    })

    expect(code).toBe(0)
    expect(lines[0]).toMatch(/^0 events replayed: there is nothing/)
  })
})

describe('streams explain', () => {
  test('tells what a config does with a stream and with ids', async () => {
    const { code, lines } = await run(['explain', 'shop.click', '--id', '00000000', 'ffffffff'], {
      'streams.json': config({ unit: 'session', rate: 0.5 }),
    })

    expect(code).toBe(0)
    expect(lines[0]).toBe('shop.click, by its own entry in ./streams.json')
    expect(lines).toContain('sample       50 % of session ids')
    expect(lines.slice(-2)).toEqual([
      '00000000  draw 0.000000000  goes',
      'ffffffff  draw 1.000000000  stays: out-of-sample',
    ])
  })

  test('tells it in --json, for a stream that is not there as well', async () => {
    const { code, stdout } = await run(['explain', 'shop.tap', '--id', '1', '--json'], {
      'streams.json': config(null),
    })

    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      entry: null,
      ids: [{ id: '1', goes: false, reason: 'unconfigured' }],
    })
  })
})

describe('wrong input is one line on the standard error, and exit code 2', () => {
  const files = {
    'new.json': config(null),
    'broken.json': '{',
    'empty.json': '{}',
    'rivulet-data/.rivulet/none': '',
  }

  test.for<[args: string, line: RegExp]>([
    ['lint nowhere.json', /^rivulet: nowhere\.json: is not there; name an existing file$/],
    ['lint new.json --schemas nowhere', /^rivulet: nowhere: no such schema folder; .+$/],
    ['lint --colour', /^rivulet: unknown option '--colour'; see rivulet streams lint --help$/],
    [
      'simulate',
      /^rivulet: required option '--to <file>' not specified; see rivulet streams simulate --help$/,
    ],
    [
      'simulate --to nowhere.json',
      /^rivulet: nowhere\.json: the stream config cannot be read .+; name an existing file$/,
    ],
    ['simulate --to broken.json', /^rivulet: broken\.json:1: is no JSON .+$/],
    ['simulate --to empty.json', /^rivulet: empty\.json: has no streams in it; write .+$/],
    ['simulate --to new.json --from empty.json', /^rivulet: empty\.json: has no streams in it; write .+$/],
    ['simulate --to new.json --data nowhere', /^rivulet: nowhere: there is no such data folder; .+$/],
    ['simulate --to new.json --events nowhere.jsonl', /^rivulet: nowhere\.jsonl: cannot be read .+$/],
    [
      'simulate --to new.json --stream shop.tap',
      /^rivulet: there is no stream shop\.tap, .+ here are shop\.click$/,
    ],
    [
      'simulate --to new.json --colour',
      /^rivulet: unknown option '--colour'; see rivulet streams simulate --help$/,
    ],
    ['explain', /^rivulet: missing required argument 'stream'; see rivulet streams explain --help$/],
    ['explain a', /^rivulet: \.\/streams\.json: the stream config cannot be read .+$/],
    [
      'explain a --config new.json --unit visitor',
      /^rivulet: option '--unit <unit>' argument 'visitor' is invalid. .+$/,
    ],
    [
      'explain a --config new.json --colour',
      /^rivulet: unknown option '--colour'; see rivulet streams explain --help$/,
    ],
    ['lend', /^rivulet: unknown command 'lend' \(Did you mean lint\?\); see rivulet streams --help$/],
  ])('rivulet streams %s', async ([args, line]) => {
    const { code, stdout, stderr } = await run(args.split(' '), files)

    expect([code, stdout]).toEqual([2, ''])
    expect(stderr.trimEnd()).toMatch(line)
  })
})

test.for(['lint', 'simulate', 'explain'])('%s has examples and exit codes in its help', async (command) => {
  const { code, stdout } = await run([command, '--help'])

  expect(code).toBe(0)
  expect(stdout).toMatch(/Exit code: [\s\S]+Examples:\n {2}rivulet streams/)
})
