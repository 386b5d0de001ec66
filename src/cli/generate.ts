import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { type Command, InvalidArgumentError } from 'commander'
import { OWN_SCHEMAS, VALIDATOR_FILE } from '../intake/package-files.ts'
import { readTitles } from '../schema/folder.ts'
import { type Generated, generate } from '../schema/generate/generate.ts'
import { staleFiles, updateFiles } from '../schema/generate/generated-files.ts'
import { openSchemaRepository } from '../schema/repository.ts'
import { isFragment } from '../schema/schema-uri.ts'
import { readStreamsFile, type StreamSettings } from '../schema/generate/streams-file.ts'
import { count, printFindings } from './findings.ts'

interface GenerateFlags {
  schemas: string[]
  streams: string
  all?: true
  out: string
  validator: string
  check?: true
  json?: true
}

/** Something was found, or a file is stale. */
const FOUND = 1

const EXPLANATION = `
It writes modules, to be committed, and to be used as they are:

  streams.js, streams.d.ts         what all streams carry: import { schemas } from './generated/streams.js', then
                                   createClient({ schemas }), and submit knows its streams and their fields
  streams/<stream>.js, .d.ts       the same for one stream: createClient<Schemas>({ schemas: (stream) =>
                                   import(\`./generated/streams/\${stream}.js\`) }) loads it with its first event
  schemas/<title>/<version>.js     the rules of one schema
  formats.js                       the formats that they name

Nothing in them makes code of text; they import rivulet/validator. A stream carries the highest version of its
schema_title that is materialized in the schema folders, or in Rivulet's own. Streams whose name is a pattern are left
out. Files of an earlier run that are no longer needed are removed.

Exit code: 0 where all went well, 1 where a stream or schema cannot be used (then nothing is written) or, with
--check, a file is stale; 2 where that cannot be told.

Examples:
  rivulet generate --schemas ./schemas --streams ./streams.json --out ./src/generated
  rivulet generate --schemas ./schemas --streams ./streams.json --out ./src/generated --check`

/** `rivulet generate`: validators and types for the streams of a config, from their schemas. */
export function addGenerateCommand(program: Command): void {
  program
    .command('generate')
    .description('write validators and TypeScript types for the events of your streams, from their schemas')
    .option('--schemas <folders...>', 'schema folders, searched in this order', ['./schemas'])
    .option('--streams <file>', 'the stream config, JSON or YAML', './streams.json')
    .option(
      '--all',
      'also a stream for each schema of the folders that no stream carries: area/name as area.name',
    )
    .requiredOption('--out <folder>', 'where to write')
    .option(
      '--validator <module>',
      'what the modules import createValidator from: a package or a URL',
      moduleSpecifier,
      'rivulet/validator',
    )
    .option('--check', 'write nothing, and say which files are stale')
    .option('--json', 'write the report as a JSON object')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

function run({ schemas: folders, streams: file, all, out, validator, check, json }: GenerateFlags): void {
  const config = all && !existsSync(file) ? { streams: [], revision: undefined } : readStreamsFile(file)
  const generated = generate({
    streams: all ? [...config.streams, ...others(folders, config.streams)] : config.streams,
    source: file,
    revision: config.revision,
    repository: openSchemaRepository([...folders, OWN_SCHEMAS]),
    validator,
  })
  if (generated.findings.length > 0)
    return printFindings(generated.findings, { json, checked: count(config.streams.length, 'stream') })

  const changed = check ? staleFiles(out, generated.files) : updateFiles(out, generated.files)
  if (check && changed.length > 0) process.exitCode = FOUND
  const report = {
    out: resolve(out),
    schemas: generated.schemas,
    shared_bytes: sharedBytes(),
    left_out: generated.leftOut,
  }
  process.stdout.write(
    json
      ? `${JSON.stringify({ ...report, [check ? 'stale' : 'written']: changed })}\n`
      : `${inWords(generated, changed, check)}\n`,
  )
}

/** The schemas that no stream carries, as streams. */
function others(folders: readonly string[], streams: readonly StreamSettings[]): StreamSettings[] {
  const carried = new Set(streams.map(({ schemaTitle }) => schemaTitle))
  const titles = new Set(folders.flatMap((folder) => readTitles(folder).map(({ title }) => title)))
  return [...titles]
    .filter((title) => !carried.has(title) && !isFragment(title))
    .map((title) => ({
      name: title.split('/').join('.'),
      schemaTitle: title,
      provideValues: [],
      isSampled: false,
      others: [],
      line: 1,
    }))
}

/** What schemas share in a page, compressed as they are. */
function sharedBytes(): number {
  return brotliCompressSync(readFileSync(VALIDATOR_FILE)).length
}

function inWords({ schemas, leftOut, files }: Generated, changed: readonly string[], check?: true): string {
  const rows = [
    ...schemas.map(({ $schema, bytes, streams }) => `  ${$schema}  ${bytes} B  ${streams.join(', ')}`),
    `  shared by all  ${sharedBytes()} B  rivulet/validator`,
  ]
  const lines = [
    ...(rows.length
      ? ['Schemas, what each adds to a page at most (brotli), and their streams:', ...rows]
      : []),
    ...(leftOut.length ? [`Left out (patterns, and what Rivulet writes itself): ${leftOut.join(', ')}`] : []),
    ...changed.map((path) => `${check ? 'stale' : 'written'}: ${path}`),
    check && changed.length
      ? `${count(changed.length, 'file')} stale: run the same command without --check, and commit what it writes`
      : `${count(files.size, 'file')}, ${changed.length ? `${changed.length} changed` : 'nothing changed'}`,
  ]
  return lines.join('\n')
}

/** From modules of several folders, no relative path leads to one file. */
function moduleSpecifier(text: string): string {
  if (/^\.{1,2}\//.test(text))
    throw new InvalidArgumentError('Give a package or a URL, such as /rivulet/validator.js.')
  return text
}
