import type { TitleFile, TitleFolder } from '../folder.ts'
import type { Schema } from '../repository.ts'

/** A rule of a schema repository. Adding one is a constant like the others and its name in `RULES`. */
export type Rule = SchemaRule | TitleRule

interface Named {
  /** In kebab-case: how findings, the config and `--rules` call it. */
  readonly name: string
  /** Why the rule is there, in one sentence. */
  readonly reason: string
}

/** A rule that each schema keeps or breaks for itself. */
export interface SchemaRule extends Named {
  /**
   * Which schemas: `current` as it is written, with its references; `versions`, where they are filled in (a version in
   * two formats counts once, and the one that current makes counts before it is written); `schemas` is both.
   */
  readonly of: 'current' | 'versions' | 'schemas'
  /** Whether it is also for schemas that are not of draft-07. */
  readonly anyDialect?: true
  problemsIn(schema: LintedSchema): readonly Problem[]
}

/** A rule of the files of a title together. */
export interface TitleRule extends Named {
  readonly of: 'titles'
  problemsIn(title: LintedTitle): readonly FileProblem[]
}

/** What is wrong, where in the schema, and what to do about it. */
export interface Problem {
  /** JSON pointer; '' is the schema as a whole. */
  readonly pointer: string
  readonly message: string
}

export interface FileProblem extends Problem {
  readonly file: TitleFile
}

/** A schema file that could be read, or the version that a current makes. */
export interface LintedSchema extends TitleFile, Schema {
  /** The title whose folder holds it. */
  readonly home: LintedTitle
}

/** All files of a title. */
export interface LintedTitle extends TitleFolder {
  /** The files that could be read, in the order of `files`. */
  readonly schemas: readonly LintedSchema[]
  readonly library: Library
}

/** The other schemas that a rule may ask for. */
export interface Library {
  /**
   * The schema of a URI, from the folders in which a `$ref` of this title is looked up. Throws a SchemaError if it
   * cannot be read.
   */
  find(uri: string): Schema | undefined
  /** Where a schema may be that is not found here: the http repositories, which are not asked. */
  readonly elsewhere: readonly string[]
  /** The schema that has an `$id` by right: of those that are at the path it names, or else of all, the first. */
  ownerOf(id: string): LintedSchema | undefined
}

/** The one problem, or none. */
export function problemsIf(isWrong: boolean, pointer: string, message: string): Problem[] {
  return isWrong ? [{ pointer, message }] : []
}
