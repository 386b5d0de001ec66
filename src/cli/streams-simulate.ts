import type { Command } from 'commander'
import { OWN_SCHEMAS } from '../intake/package-files.ts'
import { createSchemaRegistry } from '../intake/registry.ts'
import { problemsBy } from '../intake/simulate-change.ts'
import { eventsIn, storedEvents } from '../intake/stored-events.ts'
import { openSchemaRepository } from '../schema/repository.ts'
import { readStreamsIn } from '../streams/config-file.ts'
import { type SimulateOptions, type Simulation, simulate } from '../streams/simulate.ts'
import { simulationInWords } from './simulation-in-words.ts'

interface SimulateFlags {
  to: string
  from?: string
  data: string
  events?: string
  stream?: string
  schemas?: string[]
  json?: true
}

type Log = (entry: { level: string; message: string }) => void

const EXPLANATION = `
Per stream it prints the events that were stored a day, and how many would have been by the proposed config, with the
interval that holds the true number in 95 of 100 cases; the share of units (sessions, page views, devices) in the
sample; what curation (with --schemas, validation too) would drop; and bytes. A day is the span of the data, from the
first to the last receipt, divided by its days.

Sampling has hidden a part of the truth. Lowering a rate is known exactly where events carry the id of their unit, since
who is in at a rate is in at every higher one; raising it is not, and has an interval. The interval is that of sampling
alone: that next week is another week it does not know. What else limits an answer stands below the table.

With --from, the config in force, it also tells what cannot show in stored events, such as what its curation drops.
Debug events count nowhere. The proposed config is taken as it is: rivulet streams lint tells what is wrong in it.

Exit code: 0 where it could be told, 2 where not.

Examples:
  rivulet streams simulate --to new.json
  rivulet streams simulate --from streams.json --to new.json --data ./rivulet-data --schemas ./schemas
  rivulet streams simulate --to new.yaml --stream shop.click --json
  zcat events.jsonl.gz | rivulet streams simulate --to new.json --events -`

/** `rivulet streams simulate`: what a proposed config would have made of recorded events. */
export function addStreamsSimulateCommand(streams: Command): void {
  streams
    .command('simulate')
    .description('replay stored events against a proposed stream config, and tell what it changes')
    .requiredOption('--to <file>', 'the proposed stream config, JSON or YAML')
    .option('--from <file>', 'the stream config in force')
    .option('--data <folder>', 'where the intake stores events', './rivulet-data')
    .option('--events <file>', 'events of a file instead, a JSON object a line; - for the standard input')
    .option('--stream <name>', 'only this stream')
    .option('--schemas <folders...>', 'judge the events by the schemas of these folders, too')
    .option('--json', 'write the numbers as a JSON object')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

async function run(flags: SimulateFlags): Promise<void> {
  const { to, from, stream, schemas, json } = flags
  const log: Log = (entry) =>
    void process.stderr.write(
      json ? `${JSON.stringify(entry)}\n` : `rivulet streams simulate: ${entry.message}\n`,
    )
  const simulation = await simulate({
    from: from === undefined ? undefined : readStreamsIn(from),
    to: readStreamsIn(to),
    events: eventsBy(flags, log),
    problemsOf: schemas && problemsBy(createSchemaRegistry(openSchemaRepository([...schemas, OWN_SCHEMAS]))),
  })
  const shown = stream === undefined ? simulation : ofStream(simulation, stream)
  process.stdout.write(json ? `${JSON.stringify(shown)}\n` : simulationInWords(shown))
}

function eventsBy({ events: file, data, stream }: SimulateFlags, log: Log): SimulateOptions['events'] {
  if (file === undefined)
    return storedEvents(data, { streams: stream === undefined ? undefined : [stream], log })
  return stream === undefined ? eventsIn(file, log) : ofOne(stream, eventsIn(file, log))
}

async function* ofOne(stream: string, events: SimulateOptions['events']): SimulateOptions['events'] {
  for await (const event of events)
    if ((event.meta as { stream?: unknown } | undefined)?.stream === stream) yield event
}

/** The stream, and what its events go to instead. */
function ofStream(simulation: Simulation, stream: string): Simulation {
  const streams = simulation.streams.filter(({ stream: name, then }) => name === stream || then.perDay > 0)
  if (streams.some(({ stream: name }) => name === stream)) return { ...simulation, streams }
  const names = simulation.streams.map(({ stream: name }) => name).join(', ')
  throw new Error(`there is no stream ${stream}, neither in the configs nor in the events; here are ${names}`)
}
