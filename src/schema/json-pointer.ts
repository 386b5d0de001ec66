/** The steps of a JSON pointer (RFC 6901), such as `/properties/a~1b`; none for the whole. */
export function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replace(/~1/g, '/').replace(/~0/g, '~'))
}

/** The pointer some steps further. */
export function pointerTo(pointer: string, ...steps: readonly (string | number)[]): string {
  return [pointer, ...steps.map((step) => String(step).replace(/~/g, '~0').replace(/\//g, '~1'))].join('/')
}

/** What a JSON pointer leads to; undefined where that is nothing. */
export function valueAt(content: unknown, pointer: string): unknown {
  return stepsOf(pointer).reduce(
    (node, step) => (Object(node) === node ? ownValue(node as object, step) : undefined),
    content,
  )
}

/** What an object has of its own under a key: a property may be called `constructor`, which every object has. */
export function ownValue(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value
}
