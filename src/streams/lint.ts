import type { Finding } from '../schema/finding.ts'
import { linesIn } from '../schema/schema-file.ts'
import { type ConfigFile, NO_STREAMS } from './config-file.ts'
import { curationProblems } from './lint-curation.ts'
import { patternProblems } from './lint-patterns.ts'
import { redirectProblems, serviceProblems } from './lint-references.ts'
import { type Schemas, schemaOf, titleProblems, valueProblems } from './lint-schemas.ts'
import { streamProblems, topProblems } from './lint-settings.ts'
import { type LintedConfig, type LintedStream, lintedConfig, type Problem } from './linted-config.ts'
import { readStreamsConfig } from './streams-config.ts'

/** What findings call the rules, and why each is there. */
export const LINT_RULES: { readonly [rule: string]: string } = {
  usable: 'A stream whose settings clients cannot use is off.',
  'unknown-setting': 'A misspelt setting does nothing, and says so nowhere.',
  'misplaced-setting': 'A setting is read where it belongs, and nowhere else.',
  'setting-value': 'A value that clients cannot use switches the stream off, or counts as none.',
  sample: 'A sample that clients cannot use switches the stream off.',
  'schema-title': 'The intake judges events by the schema that their stream names, and refuses others.',
  'provide-values': 'A value that the schema does not allow makes each event invalid.',
  curation: 'What curation cannot judge it drops, or lets pass, without a word.',
  'stream-name': 'A redirect that leads nowhere drops every event.',
  service: 'Events go to the service that their stream names, if the config says where it is.',
  pattern:
    'Clients read patterns as JavaScript does, with each event of a stream that has no entry of its own.',
}

/** Everything in a stream config that clients cannot use, pass over, or take otherwise than it looks. */
export function lint({ path, text, content }: ConfigFile, schemas: Schemas): Finding[] {
  const config = lintedConfig(content)
  if (config.streams.length === 0)
    return [
      {
        rule: 'usable',
        file: path,
        line: 1,
        pointer: '',
        message: NO_STREAMS,
        reason: LINT_RULES.usable!,
      },
    ]
  const problems = problemsOf(config, schemas)
  if (problems.length === 0) return []
  const lineOf = linesIn(text)
  return problems.map(({ rule, pointer, message, level }) => ({
    rule,
    file: path,
    line: lineOf(pointer),
    pointer,
    message,
    reason: LINT_RULES[rule]!,
    ...(level ? { level } : {}),
  }))
}

function problemsOf(config: LintedConfig, schemas: Schemas): Problem[] {
  const found = [
    ...topProblems(config),
    ...serviceProblems(config),
    ...patternProblems(config.streams),
    ...config.streams.flatMap((stream) => problemsOfStream(stream, config, schemas)),
  ]
  return [...found, ...unusable(config, found)]
}

function problemsOfStream(stream: LintedStream, config: LintedConfig, schemas: Schemas): Problem[] {
  const schema = schemaOf(stream, schemas)
  return [
    ...streamProblems(stream),
    ...titleProblems(stream, schemas, schema),
    ...valueProblems(stream, schema),
    ...curationProblems(stream, schema),
    ...redirectProblems(stream, config),
  ]
}

/** Whatever else keeps clients from using a stream: they have the last word. */
function unusable({ content, streams }: LintedConfig, found: readonly Problem[]): Problem[] {
  const config = readStreamsConfig(content)
  return streams.flatMap(({ name, pointer }) => {
    const { why } = config.of(name)
    const isSaid = found.some(
      ({ pointer: at, level }) => !level && (at === pointer || at.startsWith(`${pointer}/`)),
    )
    if (!why || isSaid) return []
    return [
      { rule: 'usable', pointer, message: `the settings cannot be used, so that no event goes: ${why}` },
    ]
  })
}
