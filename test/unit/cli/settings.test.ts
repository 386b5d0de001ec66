import { join } from 'node:path'
import { Command, type Option } from 'commander'
import { describe, expect, test } from 'vitest'
import { addIntakeCommand } from '../../../src/cli/intake.ts'
import { resolveSettings, settingsInForce, variableOf } from '../../../src/cli/settings.ts'
import { folderOf } from '../../support/folder.ts'

const SECRETS = ['token', 'producer-token', 'kafka-password']
const settings = intakeCommand().options.filter(({ long }) => !['--config', '--print-config'].includes(long!))

describe.each(settings.map((option) => [option.name(), option] as const))('%s', (name, option) => {
  const [ofFlag, ofEnvironment, ofFile] = examplesOf(option)

  // Who speaks, strongest first, and who is heard.
  test.each([
    [['flag', 'environment', 'file'], 'flag'],
    [['flag', 'environment'], 'flag'],
    [['flag', 'file'], 'flag'],
    [['flag'], 'flag'],
    [['environment', 'file'], 'environment'],
    [['environment'], 'environment'],
    [['file'], 'file'],
    [[], 'default'],
  ])('of %j, %s is heard', async (speaking, heard) => {
    const folder = await folderOf({ 'rivulet.yaml': speaking.includes('file') ? { [name]: ofFile } : {} })
    const config = join(folder, 'rivulet.yaml')

    const { command, options } = resolved({
      args: ['--config', config, ...(speaking.includes('flag') ? argsOf(name, ofFlag) : [])],
      env: speaking.includes('environment') ? { [variableOf(name)]: [ofEnvironment].flat().join(',') } : {},
    })

    const wanted: { [source: string]: unknown } = {
      flag: resolved({ args: argsOf(name, ofFlag) }).options,
      environment: resolved({ args: argsOf(name, ofEnvironment) }).options,
      file: resolved({ args: argsOf(name, inFolder(folder, option, ofFile)) }).options,
      default: resolved({}).options,
    }
    expect({ ...options, config: undefined }).toEqual({ ...(wanted[heard] as object), config: undefined })
    expect(settingsInForce(command).find((setting) => setting.name === name)?.source).toBe(heard)
  })
})

test('the environment can name the file, and turn off what the file turns on', async () => {
  const folder = await folderOf({ 'rivulet.yaml': { json: true, 'kafka-tls': true } })

  const { options } = resolved({
    env: { RIVULET_CONFIG: join(folder, 'rivulet.yaml'), RIVULET_KAFKA_TLS: '0' },
  })

  expect(options).toMatchObject({ json: true, kafkaTls: false })
})

test('a variable that is empty says nothing', () => {
  expect(resolved({ env: { RIVULET_PORT: '', RIVULET_TOKEN: '', RIVULET_TOKEN_FILE: '' } }).options).toEqual(
    resolved({}).options,
  )
})

test('an empty file, and one of comments, says nothing', async () => {
  const folder = await folderOf({ 'rivulet.yaml': '# port: 1\n' })

  expect(resolved({ args: ['--config', join(folder, 'rivulet.yaml')] }).options.port).toBe(8192)
})

test('a list may be one text in the file, and its commas are no separators there', async () => {
  const folder = await folderOf({ 'rivulet.yaml': 'schemas: ../a,b\nbrokers: [one:9092, two:9092]\n' })

  expect(resolved({ args: ['--config', join(folder, 'rivulet.yaml')] }).options).toMatchObject({
    schemas: [join(folder, '../a,b')],
    brokers: ['one:9092', 'two:9092'],
  })
})

test('what looks like a number is taken as it is written', async () => {
  const folder = await folderOf({ 'rivulet.yaml': 'token: 123e4567890123456789\nproducer-token: [0011]\n' })

  expect(resolved({ args: ['--config', join(folder, 'rivulet.yaml')] }).options).toMatchObject({
    token: '123e4567890123456789',
    producerToken: ['0011'],
  })
})

test('a secret may lie in a file that the environment names', async () => {
  const folder = await folderOf({
    token: '0123456789abcdef\n',
    tokens: 'one-token\nother-token\n',
    password: 'pass',
  })

  const { options } = resolved({
    env: {
      RIVULET_TOKEN_FILE: join(folder, 'token'),
      RIVULET_PRODUCER_TOKEN_FILE: join(folder, 'tokens'),
      RIVULET_KAFKA_PASSWORD_FILE: join(folder, 'password'),
    },
  })

  expect(options).toMatchObject({
    token: '0123456789abcdef',
    producerToken: ['one-token', 'other-token'],
    kafkaPassword: 'pass',
  })
})

test('secrets are not in the environment any more, and are not shown', () => {
  const env = {
    ...Object.fromEntries(SECRETS.map((name) => [variableOf(name), 'hush-hush-hush-hush'])),
    HOME: '/',
  }

  const { command } = resolved({ env })

  expect(env).toEqual({ HOME: '/' })
  expect(JSON.stringify(settingsInForce(command))).not.toContain('hush')
  expect(settingsInForce(command)).toContainEqual({ name: 'token', value: 'set', source: 'environment' })
})

test.each([
  [
    'a variable of a wrong kind',
    { RIVULET_PORT: 'http' },
    /^RIVULET_PORT is 'http', which is invalid\. Give a whole/,
  ],
  ['a variable that is neither on nor off', { RIVULET_JSON: 'maybe' }, /^RIVULET_JSON is true or false$/],
  ['a variable of no choice', { RIVULET_SINK: 'pipe' }, /^RIVULET_SINK is 'pipe', .*file, kafka/],
  [
    'a secret twice',
    { RIVULET_TOKEN: 'a', RIVULET_TOKEN_FILE: 'b' },
    /^RIVULET_TOKEN is set, and so is RIVULET_TOKEN_FILE/,
  ],
  [
    'a secret that is missing',
    { RIVULET_TOKEN_FILE: '/none' },
    /^RIVULET_TOKEN_FILE names \/none, .*ENOENT.*name an/,
  ],
  [
    'a file that is missing',
    { RIVULET_CONFIG: '/none' },
    /^--config names \/none, .*ENOENT.*name an existing file/,
  ],
])('%s', (_, env, message) => {
  expect(() => resolved({ env })).toThrow(message)
})

test.each([
  [
    'a setting that is none',
    'host: a\nprot: 1',
    /rivulet\.yaml:2: "prot" is no setting; they have the names of the flags/,
  ],
  ['a name in the other manner', 'rate_limit: 1', /rivulet\.yaml:1: "rate_limit" is no setting/],
  ['the file itself', 'config: other.yaml', /"config" is no setting/],
  [
    'a number that is none',
    'port: http',
    /rivulet\.yaml:1: "port" is 'http', which is invalid\. Give a whole number/,
  ],
  ['a number out of range', 'port: 70000', /"port" is '70000'.*0 to 65535/],
  ['no value', 'port:', /"port" is one text or number/],
  ['a list of one', 'host: [a]', /"host" is one text or number/],
  ['a map', 'schemas: { a: b }', /"schemas" is a list of texts/],
  ['a switch that is a text', 'json: "yes"', /"json" is true or false/],
  ['a list', '- port', /rivulet\.yaml: is no map of settings; write them a line each/],
  [
    'what is no YAML',
    'host: a\nport: [',
    /rivulet\.yaml:\d: is no YAML and no JSON \(.+\); correct the file$/,
  ],
  [
    'a setting twice',
    'port: 1\nport: 2',
    /rivulet\.yaml:2: is no YAML and no JSON \(Map keys must be unique\)/,
  ],
])('%s in the file: one line that says what and where', async (_, text, message) => {
  const folder = await folderOf({ 'rivulet.yaml': text })
  const read = () => resolved({ args: ['--config', join(folder, 'rivulet.yaml'), '--port', '1', '--json'] })

  expect(read).toThrow(message)
  expect(read).toThrow(/^[^\n]+$/)
})

function intakeCommand(): Command {
  const program = new Command().exitOverride().configureOutput({ outputError: () => undefined })
  addIntakeCommand(program)
  return program.commands[0]!.action(() => undefined)
}

function resolved({ args = [], env = {} }: { args?: readonly string[]; env?: { [name: string]: string } }) {
  const command = intakeCommand()
  command.parent!.parse(['intake', ...args], { from: 'user' })
  resolveSettings(command, env)
  return { command, options: command.opts() }
}

/** What the flag, the environment and the file say, each something else. */
function examplesOf(option: Option): readonly (string | boolean | string[])[] {
  if (option.isBoolean()) return [true, true, true]
  if (option.argChoices) return [0, 1, 0].map((index) => option.argChoices![index]!)
  if (/<(number|bytes|seconds)>/.test(option.flags)) return ['3', '4', '5']
  if (/<time>/.test(option.flags)) return ['3d', '4d', '5d']
  return option.variadic ? [['a', 'b'], ['c', 'd'], ['e']] : ['a', 'b', 'c']
}

function argsOf(name: string, value: unknown): string[] {
  return [`--${name}`, ...(value === true ? [] : [value].flat().map(String))]
}

/** Paths in the file are relative to it. */
function inFolder(folder: string, { flags }: Option, value: unknown): unknown {
  return /<(file|folders?)/.test(flags) ? [value].flat().map((path) => join(folder, String(path))) : value
}
