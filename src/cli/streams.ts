import type { Command } from 'commander'
import { addStreamsExplainCommand } from './streams-explain.ts'
import { addStreamsLintCommand } from './streams-lint.ts'
import { addStreamsSimulateCommand } from './streams-simulate.ts'

const WORKFLOW = `
A stream config says what clients do with the events of each stream: how many of them go, when, and with which context.
A change of it takes effect in open pages. So, before you make one:

  rivulet streams lint new.json                            is it a config that clients can use, and that does what it says?
  rivulet streams simulate --from streams.json --to new.json   what would it have made of the events that are stored?
  rivulet streams explain shop.click --config new.json --id 3f0c51a2   would an event of this session go, and why?

Then replace the file that the intake serves. All settings: docs/stream-config.md in this package.`

/** `rivulet streams …`: what a stream config does, before it is changed. */
export function addStreamsCommand(program: Command): void {
  const streams = program
    .command('streams')
    .description('look at a stream config before it is changed: lint, simulate on stored events, explain')
    .addHelpText('after', WORKFLOW)
  addStreamsLintCommand(streams)
  addStreamsSimulateCommand(streams)
  addStreamsExplainCommand(streams)
}
