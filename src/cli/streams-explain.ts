import { type Command, Option } from 'commander'
import { readStreamsIn } from '../streams/config-file.ts'
import { explain, type IdExplanation, type StreamExplanation } from '../streams/explain.ts'

interface ExplainFlags {
  config: string
  id: string[]
  unit?: 'pageview' | 'session' | 'device'
  json?: true
}

const EXPLANATION = `
An id is that of the unit by which the stream is sampled: of a session, a page view or a device. Its first 8 hexadecimal
digits decide: read as a number and divided by 4294967295 they are its draw, and it is in the sample while that is less
than the rate; rate 1 keeps every id. With --unit it is said of what the ids are: where that is not what the stream is
sampled by, they decide nothing, and the client, which then has no id, leaves the event out (no-id).

What else keeps an event back is known in the page only: consent, limits, curation of its values, its schema. There,
events.explain('stream') tells. "killed" is a stream that is switched off, "unconfigured" one that is not in the config,
or whose settings cannot be used.

Exit code: 0 where it could be told, whatever it is; 2 where not.

Examples:
  rivulet streams explain shop.click --id 3f0c51a2b7d94e60aa12
  rivulet streams explain shop.click --config new.yaml --unit session --id 3f0c51a2 d90c11aa --json`

/** `rivulet streams explain`: why events of a stream would go or not, for some ids. */
export function addStreamsExplainCommand(streams: Command): void {
  streams
    .command('explain')
    .description('tell what a stream config does with a stream, and why an event of some ids would go or not')
    .argument('<stream>', 'the name that is given to submit()')
    .option('--config <file>', 'the stream config, JSON or YAML', './streams.json')
    .option('--id <hex...>', 'ids of units', [])
    .addOption(
      new Option('--unit <unit>', 'of what the ids are (default: of what the stream is sampled by)').choices([
        'pageview',
        'session',
        'device',
      ]),
    )
    .option('--json', 'write it as a JSON object')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

function run(stream: string, { config, id: ids, unit, json }: ExplainFlags): void {
  const explanation = explain({ stream, config: readStreamsIn(config), ids, unit })
  process.stdout.write(
    json ? `${JSON.stringify(explanation)}\n` : `${inWords(explanation, config).join('\n')}\n`,
  )
}

function inWords(explanation: StreamExplanation, file: string): string[] {
  const { stream, revision, entry, state, problem, goesTo, destination } = explanation
  const { unit, rate, provideValues, curation, ids } = explanation
  const from = `${file}${revision ? `, revision ${revision}` : ''}`
  if (entry === null)
    return [`${stream} is not in ${from}: no event of it goes (unconfigured).`, ...ids.map(idInWords)]
  return [
    `${stream}, by ${entry === stream ? 'its own entry' : `the pattern ${entry}`} in ${from}`,
    `state        ${STATES[state]}`,
    ...(problem ? [`problem      cannot be used, so that no event goes: ${problem}`] : []),
    `sample       ${unit ? `${percent(rate)} of ${unit} ids` : 'everything'}`,
    ...(goesTo ? [`stream_name  its events go to ${goesTo} instead`] : []),
    `destination  ${destination ?? "the client's intakeUrl"}`,
    `context      ${provideValues.join(', ') || 'none'}`,
    ...(curation ? [`curation     kept where ${rulesInWords(curation)}`] : []),
    ...ids.map(idInWords),
  ]
}

const STATES = {
  on: 'on',
  hold: 'hold: events are kept on the device until that changes',
  off: 'off: no event goes, and what is queued is dropped',
}

const percent = (share: number): string =>
  `${(share * 100).toLocaleString('en', { maximumSignificantDigits: 6 })} %`

function rulesInWords(curation: object): string {
  return Object.entries(curation)
    .map(([name, rules]) => `${name} ${JSON.stringify(rules)}`)
    .join(' and ')
}

function idInWords({ id, draw, goes, reason }: IdExplanation): string {
  const at = draw === null ? 'begins with no hexadecimal digit' : `draw ${draw.toFixed(9)}`
  return `${id}  ${at}  ${goes ? 'goes' : `stays: ${reason}`}`
}
