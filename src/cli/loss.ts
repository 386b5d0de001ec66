import type { Command } from 'commander'
import type { LossReport } from '../intake/loss.ts'
import { readLosses } from '../intake/stored-losses.ts'
import { inWords } from './loss-in-words.ts'
import { timeOf } from './time.ts'

interface LossFlags {
  stream?: string
  since?: Date
  data: string
  json?: true
}

/** Something is missing. */
const FOUND = 1

const EXPLANATION = `
Each line is a stream and an SDK version. Each event is counted in one column, so that they add up:

  submitted       calls of submit(), as far as accounts or numbers tell of them
  kept out        ended before it got a number: by sampling, or for the reasons named below the table
  dropped         ended after it got a number, and is not stored; the reasons stand below the table
  delivered       stored; the same event counts once
  missing         neither stored nor dropped: "in the middle" below the highest number that is stored of its
                  client instance, "at the end" above it
  unknown         not stored, and no account says how it ended: it may still be in a browser's queue
  duplicates      copies that the intake did not store, or that stand in the data more than once

Clients number their events (meta.producer) and report what became of them in the stream rivulet.ledger; configure
that stream, with the schema title rivulet/ledger. Its own events are counted with --stream rivulet.ledger.

Exit code: 0 where nothing is missing, 1 where something is, 2 where that cannot be told.

Examples:
  rivulet loss --data ./rivulet-data
  rivulet loss --stream shop.click --since 7d --json`

/** `rivulet loss`: what became of the events that were submitted, from the stored ones alone. */
export function addLossCommand(program: Command): void {
  program
    .command('loss')
    .description('tell from the stored events how many were submitted, kept out, dropped, delivered and lost')
    .option('--stream <name>', 'only this stream (default: all but rivulet.ledger)')
    .option(
      '--since <time>',
      'only client instances that began then or later: 2026-11-22, 2026-11-22T10:00Z (UTC where no zone is named), or 30m, 24h, 7d ago',
      timeOf,
    )
    .option('--data <folder>', 'where the intake stores events', './rivulet-data')
    .option('--json', 'write the numbers as a JSON object')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

async function run({ stream, since, data, json }: LossFlags): Promise<void> {
  const log = ({ level, message }: { level: string; message: string }) =>
    void process.stderr.write(json ? `${JSON.stringify({ level, message })}\n` : `rivulet loss: ${message}\n`)
  const report = await readLosses(data, { stream, since, log })
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : inWords(report))
  if (isAnyMissing(report)) process.exitCode = FOUND
}

function isAnyMissing({ losses }: LossReport): boolean {
  return losses.some((row) => row.missing_in_the_middle + row.missing_at_the_end > 0)
}
