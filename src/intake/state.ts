import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { codeOf, IntakeError } from './intake-error.ts'

/**
 * The layout of the data folder. It rises when an older intake could no longer read what is there; an intake reads
 * the layouts up to its own, and refuses a higher one instead of spoiling it.
 */
const LAYOUT = 1

/** What the intake remembers beside the events. */
export interface State {
  /** The stream config served last, by intakes that kept no history of it: a digest of its content, and its revision. */
  readonly streamConfig?: { readonly digest: string; readonly revision: string }
}

/** Marks a data folder with its layout, in `.rivulet/state.json`. Throws an IntakeError where it cannot be used. */
export function markLayout(dataFolder: string): void {
  const state = readState(dataFolder)
  const path = pathIn(dataFolder)
  if (!existsSync(path)) replace(path, state)
}

/** Throws an IntakeError where there is no such data folder, or its layout is newer. */
export function checkDataFolder(dataFolder: string): void {
  if (!statSync(dataFolder, { throwIfNoEntry: false })?.isDirectory())
    throw new IntakeError(
      `${dataFolder}: there is no such data folder; name the one that rivulet intake stores in with --data`,
    )
  readState(dataFolder)
}

/** The state as it stands, empty where none is kept. Throws an IntakeError where it cannot be read, or its layout is newer. */
export function readState(dataFolder: string): State {
  const path = pathIn(dataFolder)
  let stored: State & { layout?: number }
  try {
    stored = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return {}
    throw new IntakeError(`${path}: cannot be read (${(cause as Error).message}); restore or remove it`, {
      cause,
    })
  }
  const { layout, ...state } = stored
  if (layout !== undefined && layout <= LAYOUT) return state
  throw new IntakeError(
    `${path}: this data folder has layout ${layout}, this version reads up to ${LAYOUT}; use a newer rivulet or another --data`,
  )
}

const pathIn = (dataFolder: string) => join(dataFolder, '.rivulet', 'state.json')

function replace(path: string, state: State): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    const file = openSync(`${path}.new`, 'w')
    writeFileSync(file, `${JSON.stringify({ layout: LAYOUT, ...state }, null, 2)}\n`)
    fsyncSync(file)
    closeSync(file)
    renameSync(`${path}.new`, path)
  } catch (cause) {
    throw new IntakeError(
      `${path}: cannot be written (${(cause as Error).message}); make the data folder writable`,
      { cause },
    )
  }
}
