import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Command, InvalidArgumentError, type Option } from 'commander'
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { codeOf } from '../intake/intake-error.ts'

/** Shown nowhere, and taken out of the environment once they are read. */
const SECRETS: ReadonlySet<string> = new Set(['token', 'producer-token', 'kafka-password'])
/** Of which no other place can decide. */
const FLAGS_ONLY: ReadonlySet<string> = new Set(['help', 'print-config'])

/** What a setting is, and what says so: a flag, the environment, the file of `--config`, or nobody. */
export interface Setting {
  readonly name: string
  /** Of a secret: `set`. */
  readonly value: unknown
  readonly source: 'flag' | 'environment' | 'file' | 'default'
}

type Environment = { [name: string]: string | undefined }

/**
 * Gives each setting that no flag gave what the environment says, else what the file of `--config` says. Throws an
 * InvalidArgumentError, in one line, where one of them says what cannot be. Secrets are no longer in the environment then.
 */
export function resolveSettings(command: Command, environment: Environment): void {
  for (const option of settingsOf(command)) {
    const found = inEnvironment(option, environment)
    if (found && !isSet(command, option)) set(command, option, settingValue(option, found), 'env')
  }
  for (const name of SECRETS) delete environment[variableOf(name)]

  const { config } = command.opts()
  if (config === undefined) return
  // Also what does not count, so that a mistake shows before it does.
  for (const [option, found] of inFile(command, config)) {
    const value = settingValue(option, found)
    if (!isSet(command, option)) set(command, option, value, 'config')
  }
}

/** The settings as they are in force, in the order of the flags. */
export function settingsInForce(command: Command): Setting[] {
  return settingsOf(command).map((option) => {
    const key = option.attributeName()
    const value = command.getOptionValue(key)
    const shown = SECRETS.has(option.name()) && value !== undefined ? 'set' : value
    return { name: option.name(), value: shown, source: sourceOf(command.getOptionValueSource(key)) }
  })
}

/** The environment variable of a setting: `RIVULET_RATE_LIMIT` of `rate-limit`. */
export function variableOf(name: string): string {
  return `RIVULET_${name.replace(/-/g, '_').toUpperCase()}`
}

/** What is said of a setting, and where, in words. */
interface Found {
  readonly said: unknown
  readonly where: string
  /** What a path in it is relative to. */
  readonly folder?: string
}

const settingsOf = (command: Command) => command.options.filter((option) => !FLAGS_ONLY.has(option.name()))

const isSet = (command: Command, option: Option) =>
  !['default', undefined].includes(command.getOptionValueSource(option.attributeName()))

function set(command: Command, option: Option, value: unknown, source: string): void {
  command.setOptionValueWithSource(option.attributeName(), value, source)
}

function sourceOf(source: string | undefined): Setting['source'] {
  if (source === 'cli') return 'flag'
  if (source === 'env') return 'environment'
  return source === 'config' ? 'file' : 'default'
}

/** A variable that is empty says nothing, as a container's that is set to a variable that is not. */
function inEnvironment(option: Option, environment: Environment): Found | undefined {
  const variable = variableOf(option.name())
  const said = environment[variable] || undefined
  const ofFile = `${variable}_FILE`
  const path = SECRETS.has(option.name()) ? environment[ofFile] : undefined
  if (path && said !== undefined) throw wrong(variable, `is set, and so is ${ofFile}; set one of them`)
  const text = path ? secretIn(path, ofFile) : said
  if (text === undefined) return undefined
  const where = path ? ofFile : variable
  if (option.isBoolean()) return { said: BOOLEANS.get(text.toLowerCase()) ?? text, where }
  return {
    said: option.variadic
      ? text
          .split(/[,\n]/)
          .map((part) => part.trim())
          .filter(Boolean)
      : text,
    where,
  }
}

const BOOLEANS = new Map([
  ['1', true],
  ['true', true],
  ['0', false],
  ['false', false],
])

function secretIn(path: string, variable: string): string {
  const text = textOf(path, variable).trim()
  if (text === '') throw wrong(variable, `names ${path}, which is empty; write the secret into it`)
  return text
}

function* inFile(command: Command, path: string): Iterable<[Option, Found]> {
  const lines = new LineCounter()
  const document = parseDocument(textOf(path, '--config'), { lineCounter: lines })
  const [error] = document.errors
  if (error)
    throw wrong(
      `${path}:${error.linePos?.[0].line ?? 1}:`,
      `is no YAML and no JSON (${error.message.split(/ at line|\n/)[0]}); correct the file`,
    )
  if (document.contents === null) return
  if (!isMap(document.contents))
    throw wrong(`${path}:`, 'is no map of settings; write them a line each, such as "port: 8192"')

  const options = new Map(settingsOf(command).map((option) => [option.name(), option]))
  options.delete('config')
  for (const { key, value } of document.contents.items) {
    const name = isScalar(key) ? String(key.value) : '?'
    const line = isScalar(key) && key.range ? lines.linePos(key.range[0]).line : 1
    const where = `${path}:${line}: "${name}"`
    const option = options.get(name)
    if (!option)
      throw wrong(where, 'is no setting; they have the names of the flags, without the dashes in front')
    yield [option, { said: saidIn(value), where, folder: dirname(resolve(path)) }]
  }
}

/** Numbers as they are written: a token may look like one. */
function saidIn(node: unknown): unknown {
  if (isSeq(node)) return node.items.map(saidIn)
  if (!isScalar(node)) return undefined
  return typeof node.value === 'number' ? node.source : node.value
}

function textOf(path: string, where: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw wrong(where, `names ${path}, which cannot be read (${codeOf(error)}); name an existing file`)
  }
}

/** As the flag's own value would be. */
function settingValue(option: Option, { said, where, folder }: Found): unknown {
  if (option.isBoolean()) {
    if (typeof said !== 'boolean') throw wrong(where, 'is true or false')
    return said
  }
  const texts = (option.variadic && Array.isArray(said) ? said : [said]).map((one) => {
    if (typeof one === 'string' && one !== '') return isPath(option) && folder ? resolve(folder, one) : one
    throw wrong(where, option.variadic ? 'is a list of texts' : 'is one text or number')
  })
  return option.variadic ? texts : parsed(option, texts[0]!, where)
}

function parsed(option: Option, text: string, where: string): unknown {
  try {
    return option.parseArg ? option.parseArg(text, undefined) : text
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    throw wrong(where, `is '${text}', which is invalid. ${error.message}`)
  }
}

const isPath = ({ flags }: Option) => /<(file|folders?)(\.{3})?>/.test(flags)

const wrong = (where: string, what: string) => new InvalidArgumentError(`${where} ${what}`)
