import { join } from 'node:path'
import { adviceAgainst, adviceWithoutGit, majorOf } from './advice.ts'
import { breaksBetween, isHarm } from './compat.ts'
import { readConfig } from '../config.ts'
import type { Finding } from '../finding.ts'
import { harmInWords } from './harm.ts'
import { type NotCompared, notComparedIn } from './not-compared.ts'
import { changesOfPublished, keyOf } from './published-changes.ts'
import { lineOf, type SchemaObject } from '../schema-file.ts'
import { compareVersions } from '../schema-uri.ts'
import { COMPATIBLE, PUBLISHED } from '../shared-rules.ts'
import { type Version, versionsAt, versionsIn } from './versions.ts'

/** What a comparison of versions came to. */
interface CompatReport {
  readonly findings: readonly Finding[]
  /** How many versions were compared with the one before. */
  readonly compared: number
  /** What was not, since it is not materialized. */
  readonly notCompared: readonly NotCompared[]
}

/**
 * Compares each materialized version of a schema folder with the one before of the same major version. With a git
 * revision to compare `against`, only versions that it does not have, while those it has must be unchanged. Throws a
 * SchemaError where the folder, its config or the revision cannot be read; a schema that cannot be is a finding.
 */
export function checkCompat(
  folder: string,
  { against: revision }: { against?: string | undefined } = {},
): CompatReport {
  const config = readConfig(folder)
  const { versions, findings } = versionsIn(folder)
  const isOn = (rule: string) => (version: Version) => config.isOn(rule, join(folder, version.path))

  const published = revision === undefined ? [] : versionsAt(folder, revision).versions
  const isPublished = new Set(published.map(keyOf))
  const known = [...published, ...versions.filter((version) => !isPublished.has(keyOf(version)))]
  const steps = stepsOf(known).filter(({ now }) => !isPublished.has(keyOf(now)) && isOn(COMPATIBLE.name)(now))

  return {
    findings: [
      ...findings,
      ...(revision === undefined
        ? []
        : changesOfPublished(published.filter(isOn(PUBLISHED.name)), versions, { folder, revision })),
      ...(revision === undefined ? [] : insertedBelow(revision)),
      ...steps.flatMap(findingsOf),
    ],
    compared: steps.length,
    notCompared: notComparedIn(folder),
  }

  /** Readers of a version that is published know what is below it. */
  function insertedBelow(revision: string): Finding[] {
    return versions.filter(isOn(COMPATIBLE.name)).flatMap((version) => {
      const above = published.find(
        (other) =>
          other.title === version.title &&
          majorOf(other) === majorOf(version) &&
          byVersion(other, version) > 0,
      )
      if (!above || isPublished.has(keyOf(version))) return []
      return [
        {
          rule: COMPATIBLE.name,
          file: join(folder, version.path),
          line: 1,
          pointer: '/$id',
          message: `${version.version} is new, and lower than ${above.version}, which ${revision} has; give it a number above that`,
          reason: COMPATIBLE.reason,
        },
      ]
    })
  }

  function findingsOf({ old, now, ofTitle }: Step): Finding[] {
    const breaks = breaksBetween(old.content, now.content)
    const breaking = { version: now, ofTitle, isHarm: breaks.some(isHarm) }
    const advice =
      revision === undefined
        ? adviceWithoutGit(breaking)
        : adviceAgainst(revision, breaking, (version) => isPublished.has(keyOf(version)))
    return breaks.map((found) => ({
      rule: COMPATIBLE.name,
      file: join(folder, now.path),
      line: lineOf(now.text, found.pointer),
      pointer: found.pointer,
      message: `${now.version} breaks ${old.version} at ${found.pointer}: ${found.what}: ${harmInWords(found)}; ${advice}`,
      reason: COMPATIBLE.reason,
    }))
  }
}

/** A version and the one before it, both readable; what is not has a finding of its own. */
interface Step {
  readonly old: Version & Readable
  readonly now: Version & Readable
  /** All versions of the title. */
  readonly ofTitle: readonly Version[]
}

interface Readable {
  readonly content: SchemaObject
}

function stepsOf(versions: readonly Version[]): Step[] {
  return [...new Set(versions.map(({ title }) => title))].flatMap((title) => {
    const ofTitle = versions.filter((version) => version.title === title).sort(byVersion)
    return ofTitle.slice(1).flatMap((now, index) => {
      const old = ofTitle[index]!
      const isStep = majorOf(old) === majorOf(now)
      return isStep && isReadable(old) && isReadable(now) ? [{ old, now, ofTitle }] : []
    })
  })
}

const isReadable = (version: Version): version is Version & Readable => version.content !== undefined
const byVersion = (a: Version, b: Version) => compareVersions(a.version, b.version)
