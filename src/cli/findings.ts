import { type Finding, findingInWords, inOrder } from '../schema/finding.ts'

/** The exit code of a command that checks, where it has found something. */
const FOUND = 1

/** Prints what a check has found, and sets the exit code: 0 where that is nothing but warnings, else 1. */
export function printFindings(
  found: readonly Finding[],
  { json, checked }: { json?: true | undefined; checked: string },
): void {
  const findings = inOrder(found)
  const lines = findings.map((finding) => `${findingInWords(finding)}\n`)
  const warnings = findings.filter(({ level }) => level === 'warning').length
  const errors = findings.length - warnings
  const counts = [errors ? `${errors} found` : '', warnings ? count(warnings, 'warning') : ''].filter(Boolean)
  const sum = `${checked}: ${counts.join(', ') || 'nothing found'}`
  process.stdout.write(json ? `${JSON.stringify({ checked, findings })}\n` : `${lines.join('')}${sum}\n`)
  if (errors > 0) process.exitCode = FOUND
}

/** `1 schema`, `2 schemas`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
