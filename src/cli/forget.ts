import { realpathSync } from 'node:fs'
import * as http from 'node:http'
import * as https from 'node:https'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { lockData } from '../intake/data-lock.ts'
import { type Forgotten, forgetEvents, whyNoIds } from '../intake/forget.ts'
import { codeOf, IntakeError } from '../intake/intake-error.ts'
import { storedFilesIn } from '../intake/stored-events.ts'
import { aligned } from './aligned.ts'

interface ForgetFlags {
  session: string[]
  data: string
  url?: string
  token?: string
  dryRun?: true
  json?: true
}

const NEAR = 'http://127.0.0.1:8192'

const EXPLANATION = `
An event is removed where the id stands in it as a value or as a word of one: as performer.session_id, in a URL, in what
was rejected. Any id will do that stands in the events, a page view's, a client's or one of yours, and several do it in
one go. An id is given in full: 8 characters or more, a digit among them. Look with --dry-run first.

Where an intake is at work in --data, it is asked to do it: the one at ${NEAR}, or the one that --url
names, here or elsewhere. Where it asks for a token, set RIVULET_TOKEN. (Systems other than Linux do not tell whether one
is at work: name it with --url.)

Events are overwritten with spaces: other events, and the places of those who read them, stay as they are. What was
counted stays counted. It cannot reach, and you have to see to:
  - the visitor's own device, where events may still wait: what arrives later is stored, so have them refuse first
  - topics of Kafka, which keep events for as long as their retention says
  - what was taken out before: exports, answers of queries, what consumers have read, open pages of the console
  - backups of the data folder, and copies that its file system keeps

Exit code: 0 where nothing is left, also where there was nothing; 2 where that could not be done. If it is cut off, run
it again: it finishes what it has begun.

Examples:
  rivulet forget --session 2b20e8b712bb8a9ecef2 --dry-run
  RIVULET_TOKEN=... rivulet forget --session 2b20e8b712bb8a9ecef2 --url https://intake.example.org`

/** `rivulet forget`: removes a visitor's events. */
export function addForgetCommand(program: Command): void {
  program
    .command('forget')
    .description("remove a visitor's events from what is stored, those that were rejected too")
    .requiredOption('--session <ids...>', "the session's id, or others that stand in the visitor's events")
    .option('--data <folder>', 'where the intake stores events', './rivulet-data')
    .addOption(new Option('--url <url>', 'the running intake to ask, in place of a folder').conflicts('data'))
    .addOption(new Option('--token <token>', 'what its console asks for').env('RIVULET_TOKEN'))
    .option('--dry-run', 'only tell what would be removed')
    .option('--json', 'write the numbers as a JSON object')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

async function run(flags: ForgetFlags): Promise<void> {
  const why = whyNoIds(flags.session)
  if (why !== undefined) throw new InvalidArgumentError(why)
  const forgotten = flags.url === undefined ? await forgetHere(flags) : await forgetThere(flags.url, flags)
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ ...forgotten, dry_run: flags.dryRun === true })}\n`
      : inWords(forgotten, flags),
  )
}

async function forgetHere(flags: ForgetFlags): Promise<Forgotten> {
  const { data, session: ids, dryRun = false } = flags
  await storedFilesIn(data)
  let unlock: () => void
  try {
    unlock = await lockData(data)
  } catch (error) {
    if (codeOf((error as { cause?: unknown }).cause) !== 'EADDRINUSE') throw error
    return forgetThere(NEAR, flags, realpathSync(data))
  }
  try {
    return await forgetEvents(data, { ids, dryRun })
  } finally {
    unlock()
  }
}

/** Asks a running intake: the one that stores in `data`, where that is given. */
async function forgetThere(
  url: string,
  { session: ids, token, dryRun }: ForgetFlags,
  data?: string,
): Promise<Forgotten> {
  const hint = data === undefined ? '' : `; name the intake of ${data} with --url`
  const { status, text } = await post(addressIn(url), {
    body: JSON.stringify({ ids, dryRun: dryRun === true, data }),
    token,
  }).catch((cause: Error) => {
    const why = cause.message || codeOf(cause)
    throw new IntakeError(`${url}: no intake answers (${why})${hint || '; start it, or name another'}`, {
      cause,
    })
  })
  const answer = asObject(text)
  if (status === 200 && answer) return answer as unknown as Forgotten
  const detail = typeof answer?.detail === 'string' ? answer.detail : `it answers with status ${status}`
  throw new IntakeError(`${url}: ${detail}${status === 401 ? '; set RIVULET_TOKEN' : hint}`)
}

function addressIn(url: string): URL {
  try {
    const address = new URL(`${url.replace(/\/$/, '')}/api/forget`)
    if (/^https?:$/.test(address.protocol)) return address
  } catch {
    // told below
  }
  throw new InvalidArgumentError(`--url ${url} is no URL; give one such as ${NEAR}`)
}

/** However long it takes, which `fetch` would not wait for. Follows no redirect, which would take the token along. */
function post(
  url: URL,
  { body, token }: { body: string; token: string | undefined },
): Promise<{ status: number; text: string }> {
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? { origin: url.origin } : { authorization: `Bearer ${token}` }),
  }
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === 'https:' ? https : http
    const asked = request(url, { method: 'POST', headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.on('error', reject).on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    asked.on('error', reject).end(body)
  })
}

function asObject(text: string): { readonly [field: string]: unknown } | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // told by its status
  }
}

function inWords({ events, streams }: Forgotten, { session, dryRun }: ForgetFlags): string {
  const whose = session.join(', ')
  if (events === 0) return `Nothing is stored that names ${whose}.\n`
  const rows = Object.entries(streams).map(([stream, count]) => ['', stream, count.toLocaleString('en')])
  const counted = `${events.toLocaleString('en')} ${events === 1 ? 'event' : 'events'}`
  return `${dryRun ? 'Would remove' : 'Removed'} ${counted} that ${events === 1 ? 'names' : 'name'} ${whose}:\n${aligned(rows).join('\n')}\n`
}
