/** A call that was under way, as the schema has it. */
export interface Frame {
  readonly function_name?: string | undefined
  readonly file: string
  readonly line?: number | undefined
  readonly column?: number | undefined
}

/** The schema has room for more frames, but what is farther out says little. */
const MOST_FRAMES = 20

/** Chromium has `    at name (url:1:2)` and `    at url:1:2`, Firefox and WebKit have `name@url:1:2` and `@url:1:2`. */
const FRAMES = /^( +at )?(([^:\n]*?)(@| \())?(\S+?):(\d+):(\d+)\)?$/gm

/** The frames of a stack that are of a file, the innermost first: none of the browser, nor of `eval`. */
export function framesOf(stack: string): Frame[] {
  return [...stack.matchAll(FRAMES)]
    .map(([, , , name, , url, line, column]) => ({
      function_name: name,
      file: bareUrl(url!),
      line: +line!,
      column: +column!,
    }))
    .slice(0, MOST_FRAMES)
}

/** Without query and fragment, and without what is in it instead of behind it. */
export function bareUrl(url: string): string {
  return /^data:|^[^?#]*/.exec(url)![0]
}
