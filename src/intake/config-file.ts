import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { tooLong } from '../streams/config-file.ts'
import type { ConfigContent } from './config-content.ts'
import { rewrittenJson, rewrittenYaml } from './config-text.ts'
import { isObject } from './ingest.ts'
import { codeOf, IntakeError } from './intake-error.ts'

/** What a stream config file says. */
export interface ConfigFile {
  readonly text: string
  readonly content: ConfigContent
  /** The revision that the file itself names. */
  readonly revision?: string | undefined
  /** Where among its keys it does. */
  readonly revisionAt: number
  /** Whether streams stand at the top, without "streams" around them. */
  readonly isBare: boolean
}

/** Reads a stream config, JSON or YAML. Throws an IntakeError where it is none. */
export function readConfigFile(path: string): ConfigFile {
  return fileOf(path, textOf(path))
}

/**
 * The text of a config file with other content, in the form that it has: its order, comments of YAML, the bare map. The
 * revision goes in only where the file names one. Throws an IntakeError where the form cannot take it.
 */
export function rewritten(
  path: string,
  file: ConfigFile,
  { content, revision }: { content: ConfigContent; revision: string },
): string {
  const { streams, ...top } = content
  const isBare = file.isBare && Object.keys(top).length === 0
  const wanted = withRevision(file, isBare ? streams : content, revision)
  const text = isYaml(path) ? rewrittenYaml(file.text, wanted) : rewrittenJson(file.text, wanted)
  if (JSON.stringify(fileOf(path, text).content) === JSON.stringify(content)) return text
  throw new IntakeError(`${path}: the change cannot be written in the form that the file has; edit the file`)
}

function withRevision({ revision: written, revisionAt }: ConfigFile, content: object, revision: string) {
  const entries = Object.entries(content)
  if (written !== undefined) entries.splice(revisionAt, 0, ['revision', revision])
  return Object.fromEntries(entries)
}

/** Why the file cannot be replaced, in words; undefined where it can. */
export function whyReadOnly(path: string): string | undefined {
  try {
    const target = realpathSync(path)
    accessSync(dirname(target), constants.W_OK)
    accessSync(target, constants.W_OK)
    // Who runs as root may write all, which a file that is read-only for everyone does not mean.
    return statSync(target).mode & 0o222 ? undefined : `${path} is read-only`
  } catch (error) {
    return `${path} or its folder cannot be written by the intake (${codeOf(error)})`
  }
}

/**
 * Replaces a file as a whole, by one beside it, and keeps its mode; where the path is a link, what it leads to is
 * replaced. `goOn` is asked last, with what is there by then on disk: where it says no, all stays as it was, and the
 * answer is false. Throws an IntakeError where it cannot be written.
 */
export function replaceFile(path: string, text: string, goOn: () => boolean): boolean {
  const target = realpathSync(path)
  const beside = join(dirname(target), `.${basename(target)}.${process.pid}.new`)
  try {
    writeDurably(beside, text, target)
    if (!goOn()) {
      rmSync(beside)
      return false
    }
    renameSync(beside, target)
    syncFolder(dirname(target))
    return true
  } catch (cause) {
    rmSync(beside, { force: true })
    if (cause instanceof IntakeError) throw cause
    const what =
      codeOf(cause) === 'EBUSY'
        ? 'is a mount of its own, which cannot be replaced; mount its folder instead'
        : `cannot be written (${(cause as Error).message}); make room, or the folder writable`
    throw new IntakeError(`${path}: ${what}`, { cause })
  }
}

function writeDurably(path: string, text: string, like: string): void {
  const { mode, uid, gid } = statSync(like)
  const file = openSync(path, 'w', 0o600)
  try {
    writeFileSync(file, text)
    if (process.getuid?.() === 0) fchownSync(file, uid, gid)
    fchmodSync(file, mode & 0o7777)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** So that the rename outlives a crash. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return // where folders cannot be opened
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new IntakeError(
      `${path}: the stream config cannot be read (${(cause as Error).message}); name an existing file`,
      { cause },
    )
  }
}

function fileOf(path: string, text: string): ConfigFile {
  const found = parsed(path, text)
  if (!isObject(found))
    throw new IntakeError(
      `${path}: a stream config is an object, { "streams": { NAME: settings } }; correct the file`,
    )
  const long = tooLong(JSON.stringify(found).length + ROOM_FOR_REVISION)
  if (long) throw new IntakeError(`${path}: ${long}`)
  const { revision: written, ...others } = found
  const revision = typeof written === 'string' || typeof written === 'number' ? String(written) : undefined
  const revisionAt = Object.keys(found).indexOf('revision')
  if (isObject(found.streams))
    return { text, content: others as ConfigContent, revision, revisionAt, isBare: false }
  if ('streams' in found)
    throw new IntakeError(`${path}: "streams" is no object of stream names and settings; correct the file`)
  // A stream's settings are an object, a revision never is.
  const streams = isObject(written) ? found : others
  return { text, content: { streams }, revision, revisionAt, isBare: true }
}

/** In characters: what the revision that is served adds, where the file names none. */
const ROOM_FOR_REVISION = 50

/** As JSON holds it: YAML has more kinds of values. */
function parsed(path: string, text: string): unknown {
  try {
    return isYaml(path) ? JSON.parse(JSON.stringify(parseYaml(text))) : JSON.parse(text)
  } catch (cause) {
    const reason = (cause as Error).message.split('\n')[0]
    throw new IntakeError(
      `${path}: the stream config is no ${isYaml(path) ? 'YAML' : 'JSON'} (${reason}); correct the file`,
      { cause },
    )
  }
}

const isYaml = (path: string) => /\.ya?ml$/.test(path)
