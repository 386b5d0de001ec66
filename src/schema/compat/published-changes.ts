import { isDeepStrictEqual } from 'node:util'
import { join } from 'node:path'
import { differences } from '../differences.ts'
import type { Finding } from '../finding.ts'
import { lineOf } from '../schema-file.ts'
import { PUBLISHED } from '../shared-rules.ts'
import type { Version } from './versions.ts'

/**
 * What was done to versions that a git revision has: in `now` each has to stand, with the same content in each of its
 * files; how a file is written, and its content type, may change. A title without any version left is one finding.
 */
export function changesOfPublished(
  published: readonly Version[],
  now: readonly Version[],
  { folder, revision }: { folder: string; revision: string },
): Finding[] {
  const found = new Map(now.map((version) => [keyOf(version), version]))
  const titles = new Set(now.map(({ title }) => title))
  const lost = published.filter((version) => !found.has(keyOf(version)))

  const lostTitles = new Set(lost.filter(({ title }) => !titles.has(title)).map(({ title }) => title))
  return [
    ...[...lostTitles].map((title) => {
      const versions = lost.filter((version) => version.title === title).map(({ version }) => version)
      return finding(title, {
        what: `${title} is gone, and ${revision} has ${versions.join(', ')} of it; published versions stay, also under a name that is no longer used:`,
      })
    }),
    ...lost
      .filter(({ title }) => titles.has(title))
      .map(({ version, path }) =>
        finding(path, { what: `${version} is gone, and ${revision} has it; published versions stay:` }),
      ),
    ...published.flatMap((version) => changed(version, found.get(keyOf(version)))),
  ]

  function changed({ version, content: was }: Version, is: Version | undefined): Finding[] {
    return (is ? [is, ...is.twins] : []).flatMap(({ path, text, content }) => {
      // What cannot be read has a finding of its own.
      if (!was || !content || isDeepStrictEqual(was, content)) return []
      const [pointer = ''] = differences(was, content)
      return [
        finding(path, {
          pointer,
          line: lineOf(text, pointer),
          what: `${version} is not as ${revision} has it${pointer && `, first at ${pointer}`}; published versions never change: put the change into a new version and`,
        }),
      ]
    })
  }

  function finding(
    path: string,
    { what, ...where }: { what: string; pointer?: string; line?: number },
  ): Finding {
    const file = join(folder, path)
    const message = `${what} bring it back with git checkout ${revision} -- ${file}`
    return { rule: PUBLISHED.name, file, pointer: '', ...where, message, reason: PUBLISHED.reason }
  }
}

/** By title and version. */
export function keyOf({ title, version }: Version): string {
  return `${title}/${version}`
}
