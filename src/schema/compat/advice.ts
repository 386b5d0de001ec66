import { basename } from 'node:path'
import { CONFIG_FILE } from '../config.ts'
import { compareVersions } from '../schema-uri.ts'
import type { Version } from './versions.ts'

/** A version that broke the one before, and what is known of it. */
interface Breaking {
  readonly version: Version
  /** All versions of the title, with this one. */
  readonly ofTitle: readonly Version[]
  /** Whether anyone is hurt; else the change is a slip. */
  readonly isHarm: boolean
}

/** What to do about a version that may be published or not: for either case. */
export function adviceWithoutGit({ version, ofTitle, isHarm }: Breaking): string {
  const files = filesOf(version)
  if (ofTitle.some((other) => isNewer(other, version)))
    return `${isHarm ? `remove ${files}` : 'put it back'} if nobody has it yet; if it is published, it stays, so switch the rule off for it in ${CONFIG_FILE}: off: { compatible: [${version.path}] }`
  if (!isHarm) return 'put it back'
  return `publish it as ${majorOf(version) + 1}.0.0 instead, and remove ${files} if nobody has it yet`
}

/** What to do about a version that a git revision does not have, given whether it has another. */
export function adviceAgainst(
  revision: string,
  { version, ofTitle, isHarm }: Breaking,
  isPublished: (version: Version) => boolean,
): string {
  if (!isHarm) return 'put it back'
  const after = (versions: readonly Version[]) => `${Math.max(...versions.map(majorOf)) + 1}.0.0`
  const next = after([version, ...ofTitle.filter(isPublished)])
  const successor = ofTitle.find((other) => compareVersions(other.version, next) >= 0)
  const instead = successor
    ? `remove ${filesOf(version)}, now that there is ${successor.version}; if that is another change, publish this one as ${after(ofTitle)} instead`
    : `publish it as ${next} instead, and remove ${filesOf(version)}`
  return `${revision} does not have ${version.version}, so it is not published: ${instead}`
}

/** The number before the first dot. */
export function majorOf({ version }: Version): number {
  return Number.parseInt(version, 10)
}

function filesOf({ path, twins }: Version): string {
  return [path, ...twins.map((twin) => twin.path)].map((each) => basename(each)).join(' and ')
}

const isNewer = (a: Version, b: Version) => compareVersions(a.version, b.version) > 0
