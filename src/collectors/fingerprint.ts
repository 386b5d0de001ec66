/** The schema's bound. */
const LONGEST = 64

/**
 * The innermost call of a file that has a name: `go` of `Shop.go (url`, of `async go (url` and of `go@url`; not of
 * `go/<@url`, as Firefox calls the nameless within it.
 */
const CALLED = /[\w$]+(?=(?:@| \()\w)/

/** Errors that each engine words in its own way. */
const WORDED_BY_ENGINE = /^(Type|Ref|Range|Synt)/

/** Folders, the hash by which a build names its files, numbers. */
const INCIDENTAL = /\S*\/|[.-][\w-]{8,}(?=\.)|\d+/g

/**
 * What an error is told apart by, to be read by people. The same on every page, in each browser and in the next build,
 * as far as it can be.
 */
export function fingerprintOf(name: string, message: string, file: string, stack: string): string {
  return [name, file, stack.match(CALLED), name.match(WORDED_BY_ENGINE) ? '' : message]
    .join(' ')
    .replace(INCIDENTAL, '')
    .slice(0, LONGEST)
}
