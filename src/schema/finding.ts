import { inWords, type Place, SchemaError } from './schema-error.ts'

/** One thing wrong in a schema repository. */
export interface Finding extends Place {
  /** The name of the rule that is not kept, such as `snake-case`. */
  readonly rule: string
  /** JSON pointer into the schema; '' is the schema itself, or its file. */
  readonly pointer: string
  /** What is wrong and what to do about it, in one line. */
  readonly message: string
  /** Why the rule is there, in one sentence. */
  readonly reason: string
  /** It may be meant so, and is no reason to stop. Absent: it is wrong. */
  readonly level?: 'warning'
}

/** The order in which findings are shown: by file, then line, then rule, however they were found. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) =>
      compare(a.file, b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      compare(a.rule, b.rule) ||
      compare(a.pointer, b.pointer),
  )
}

/** The rule that comes before all others. */
export const READABLE = {
  name: 'readable',
  reason: 'What cannot be read can be used by no tool, and the intake refuses its events.',
}

/** What a thrown SchemaError found, as a finding; anything else is thrown on. */
export function findingOf(error: unknown, fallback: Place): Finding {
  if (!(error instanceof SchemaError)) throw error
  const { place = fallback, what } = error
  return { rule: READABLE.name, ...place, pointer: '', message: what, reason: READABLE.reason }
}

/** A finding as a line for people. */
export function findingInWords({ rule, message, level, ...place }: Finding): string {
  return `${inWords(place)}: ${level ? `${level}: ` : ''}${message} [${rule}]`
}

/** Findings that are the same once only, as where a broken fragment is found with each schema that refers to it. */
export function onceEach(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()]
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
