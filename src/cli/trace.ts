import { type Command, InvalidArgumentError } from 'commander'
import { storedEvents } from '../intake/stored-events.ts'
import { traceOf } from '../intake/trace/trace.ts'
import { inWords } from './trace-in-words.ts'

interface TraceFlags {
  data: string
  depth: number
  limit: number
  whole?: true
  json?: true
}

/** Nothing is known of the id. */
const NOT_FOUND = 1

const EXPLANATION = `
An event follows from those that its meta.cause names. Where none of them is stored, or it names none, it follows from
the event that began its request (meta.request_id), or else from the first one with its root_event. Times are by the
sender's clock, put right by the intake's where it is off by more than ten seconds.

Exit code: 0 where something is known of the id, 1 where nothing is, 2 where that cannot be told.

Examples:
  rivulet trace 019a3c5e-7c1d-7b53-9e0a-5d2f8a6b1c44 --data ./rivulet-data
  rivulet trace 4bf92f3577b34da6a3ce929d0e0e4736 --whole --json`

/** `rivulet trace`: what an event came from, and what followed from it. */
export function addTraceCommand(program: Command): void {
  program
    .command('trace')
    .description('show what a stored event came from, and what followed from it')
    .argument('<id>', "an event's meta.id, or a request id: then all events of the request")
    .option('--data <folder>', 'where the intake stores events', './rivulet-data')
    .option('--depth <steps>', 'at most as many steps up, and as many down', countOf, 20)
    .option('--limit <events>', 'at most as many events, the nearest first', countOf, 200)
    .option('--whole', 'also what else followed from the events that it came from')
    .option('--json', 'write events and edges as a JSON object')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

async function run(id: string, { data, depth, limit, whole, json }: TraceFlags): Promise<void> {
  const told = new Set<string>()
  const log = ({ level, message }: { level: string; message: string }) => {
    if (told.has(message)) return // events are read twice
    told.add(message)
    process.stderr.write(json ? `${JSON.stringify({ level, message })}\n` : `rivulet trace: ${message}\n`)
  }
  const trace = await traceOf(() => storedEvents(data, { log }), { id, depth, limit, whole })
  if (!trace) process.exitCode = NOT_FOUND
  const found = trace ?? { nodes: [], edges: [], left_out: { by_depth: 0, by_limit: 0 } }
  if (json) process.stdout.write(`${JSON.stringify(found)}\n`)
  else process.stdout.write(trace ? inWords(trace) : `${data}: no event, cause or request here is ${id}\n`)
}

function countOf(text: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text)
  throw new InvalidArgumentError('Give a whole number, 1 or more.')
}
