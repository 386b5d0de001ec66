import { readlinkSync } from 'node:fs'
import { extname } from 'node:path'
import type { TitleFile, TitleFolder } from '../folder.ts'

/** Which files a schema folder has for a version. */
export interface Layout {
  readonly endings: readonly Ending[]
  /** Whether `latest.json` and the like are links to a version, or copies of it. */
  readonly linksLatest: boolean
  /** What links without an ending there are, and what they lead to. */
  readonly bare: readonly ('version' | 'latest')[]
  readonly bareEnding: Ending
}

type Ending = 'json' | 'yaml' | 'yml'

/** A new folder gets JSON, and copies of it as `latest.json`. */
const DEFAULT: readonly Ending[] = ['json']

/** The layout that a schema folder keeps to, as its files show. */
export function layoutOf(titles: readonly TitleFolder[]): Layout {
  const files = titles.flatMap((title) => title.files)
  const found = files.filter(({ kind, isLink }) => kind === 'version' && !isLink).flatMap(endingOf)
  const endings = found.length > 0 ? [...new Set(found)].sort() : DEFAULT
  const bare = files.filter(({ isLink, ending, kind }) => isLink && !ending && kind !== 'current')
  return {
    endings,
    linksLatest: files.some(({ kind, isLink, ending }) => kind === 'latest' && isLink && ending),
    bare: (['version', 'latest'] as const).filter((kind) => bare.some((file) => file.kind === kind)),
    bareEnding:
      bare.flatMap(({ path }) => endings.filter((each) => extname(readlinkSync(path)) === `.${each}`))[0] ??
      endings[0]!,
  }
}

const endingOf = ({ ending }: TitleFile): Ending[] => (ending ? [ending] : [])
