#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { packageVersion } from '../intake/package-files.ts'
import { addExportCommand } from './export.ts'
import { addForgetCommand } from './forget.ts'
import { addGenerateCommand } from './generate.ts'
import { addIntakeCommand } from './intake.ts'
import { addLossCommand } from './loss.ts'
import { addQueryCommand } from './query.ts'
import { addSchemasCommand } from './schemas.ts'
import { addStreamsCommand } from './streams.ts'
import { addTailCommand } from './tail.ts'
import { addTraceCommand } from './trace.ts'

/** What no command could make right: wrong flags, unreadable files, a port in use. 1 is a finding of a command that checks. */
const CANNOT = 2

const program = new Command('rivulet')
  .description('Instrumentation events: the local intake and its tools')
  .version(packageVersion())
  .exitOverride()
  // Commander's suggestions stand on a line of their own; an error here is one line.
  .configureOutput({ outputError: () => undefined })
addIntakeCommand(program)
addLossCommand(program)
addTailCommand(program)
addTraceCommand(program)
addQueryCommand(program)
addExportCommand(program)
addForgetCommand(program)
addSchemasCommand(program)
addGenerateCommand(program)
addStreamsCommand(program)
inherit(program)

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error as Error)
}

/** A command does not take over by itself how the one above it ends and speaks. */
function inherit(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent)
    inherit(command)
  }
}

function exitCodeOf(error: Error): number {
  const shown = error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help')
  if (shown) return error.exitCode === 0 ? 0 : CANNOT
  const asked = askedFor()
  const names = asked.map((command) => command.name()).join(' ')
  const hint = error instanceof CommanderError ? `; see ${names} --help` : ''
  const message = error.message.replace(/^error: |\.$/g, '').replace(/\s*\n\s*/g, ' ')
  // Some commands are told by their settings, too.
  const isJson = process.argv.includes('--json') || asked.at(-1)?.opts().json
  const line = isJson ? JSON.stringify({ level: 'error', message }) : `rivulet: ${message}${hint}`
  process.stderr.write(`${line}\n`)
  return CANNOT
}

/** The command that was asked for, and those above it, as far as there is one. */
function askedFor(): Command[] {
  const asked = [program]
  for (const word of process.argv.slice(2)) {
    const next = asked.at(-1)!.commands.find((one) => one.name() === word)
    if (!next) break
    asked.push(next)
  }
  return asked
}
