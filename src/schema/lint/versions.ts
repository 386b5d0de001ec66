import { isDeepStrictEqual } from 'node:util'
import { differences } from '../differences.ts'
import { realPath, type TitleFile } from '../folder.ts'
import { compareVersions, parseSchemaUri } from '../schema-uri.ts'
import { CURRENT_IS_NEWEST } from '../shared-rules.ts'
import type { FileProblem, LintedSchema, LintedTitle, TitleRule } from './rule.ts'

export const hasCurrent: TitleRule = {
  name: 'has-current',
  reason: 'People edit current, and versions are made from it; a title without it cannot go on.',
  of: 'titles',
  problemsIn({ files, title }) {
    const [current, ...others] = files.filter(({ kind, ending }) => kind === 'current' && ending)
    const bare = files.filter(({ kind, ending }) => kind === 'current' && !ending)
    const problems = [
      ...others.map((file) => at(file, `stands beside ${current!.name}; keep one of them`)),
      ...bare.map((file) => at(file, 'has no ending; call it current.yaml')),
    ]
    if (current || bare.length > 0) return problems
    const newest = files.filter(({ kind }) => kind === 'version').at(-1) ?? files[0]!
    return [at(newest, `${title} has no current.yaml; add it, with what the next version is to be made from`)]
  },
}

export const currentIsNewest: TitleRule = {
  ...CURRENT_IS_NEWEST,
  of: 'titles',
  problemsIn(title) {
    const newest = newestVersion(title)
    return title.schemas.filter(({ kind, isLink }) => kind === 'current' && !isLink).flatMap(problem)

    function problem(current: LintedSchema): FileProblem[] {
      const version = parseSchemaUri(String(current.content.$id))?.version
      const isOlder = newest && version && /^\d/.test(version) && compareVersions(version, newest) < 0
      if (!isOlder) return []
      const message = `is version ${version}, while there is ${newest}; bring it up to that and give it the next version`
      return [at(current, message, '/$id')]
    }
  },
}

export const versionsAgree: TitleRule = {
  name: 'versions-agree',
  reason: 'An event is judged by whichever format of its version a reader takes, so they must say the same.',
  of: 'titles',
  problemsIn(title) {
    const versions = [...new Set(versionFiles(title).map(({ version }) => version))]
    return versions.flatMap((version) => {
      const files = title.files.filter((file) => file.version === version)
      const [first, ...twins] = title.schemas.filter((file) => file.version === version && file.ending)
      return [
        ...twins.flatMap((twin) => differenceTo(first!, twin)),
        ...files.filter(({ ending }) => !ending).flatMap((file) => bareProblems(file, files)),
      ]
    })
  },
}

function bareProblems(file: TitleFile, files: readonly TitleFile[]): FileProblem[] {
  const targets = files.filter(({ ending }) => ending)
  const names = targets.map(({ name }) => name).join(' or ') || `${file.name}.yaml, which is missing`
  const isRight = targets.some(({ path }) => realPath(path) === realPath(file.path))
  return file.isLink && isRight ? [] : [at(file, `is to be a link to ${names}; make it one, or remove it`)]
}

export const latestIsNewest: TitleRule = {
  name: 'latest-is-newest',
  reason: 'Readers that ask for latest would get an old schema.',
  of: 'titles',
  problemsIn(title) {
    const newest = newestVersion(title)
    const latest = title.files.filter(({ kind }) => kind === 'latest')
    if (!newest) return latest.map((file) => at(file, 'there is no version it could equal; remove it'))

    const files = versionFiles(title).filter(({ version, ending }) => version === newest && ending)
    const missing = files.filter(({ ending }) => !latest.some((file) => file.ending === ending))
    const content = title.schemas.find(({ version }) => version === newest)
    const read = title.schemas.filter(({ kind }) => kind === 'latest')
    return [
      ...missing.map((file) =>
        at(file, `has no latest.${file.ending} that equals it; materialize the title`),
      ),
      ...(content ? read.flatMap((file) => differenceTo(content, file)) : []),
      ...latest
        .filter(({ ending, isLink }) => !ending && !isLink)
        .flatMap((file) => bareProblems(file, latest)),
    ]
  },
}

const at = (file: TitleFile, message: string, pointer = ''): FileProblem => ({ file, pointer, message })

const versionFiles = ({ files }: LintedTitle) => files.filter(({ kind }) => kind === 'version')

const newestVersion = (title: LintedTitle) => versionFiles(title).at(-1)?.version

function differenceTo(first: LintedSchema, twin: LintedSchema): FileProblem[] {
  if (isDeepStrictEqual(first.content, twin.content)) return []
  const [pointer = ''] = differences(first.content, twin.content)
  return [at(twin, `differs from ${first.name} in ${pointer || 'all'}; materialize the title`, pointer)]
}
