import type { Frame } from './stack.ts'

/** The schema's bound. */
const LONGEST = 64

/** `go` of `Shop.go` and `async go`; nothing of `go/<`, as Firefox calls the nameless within it, nor of `global code`. */
const CALLED = /[\w$]+$/

/** Folders, the hash by which a build names its files, numbers. */
const INCIDENTAL = /\S*\/|[.-][\w-]{8,}(?=\.)|\d+/g

/**
 * What an error is told apart by, to be read by people. The same on every page, in each browser and in the next build,
 * as far as it can be: by what was called in which file; by the message only where that is not known, since each engine
 * words it in its own way.
 */
export function fingerprintOf(
  kind: string,
  name: string,
  message: string,
  file: string,
  stack: readonly Frame[],
): string {
  const calls = stack.flatMap(({ function_name = '' }) => function_name.match(CALLED) ?? [])
  return [kind, name, file, calls[0] ?? message, calls[1]].join(' ').replace(INCIDENTAL, '').slice(0, LONGEST)
}
