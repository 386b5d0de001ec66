/** The parts of a schema URI: `/shop/click/1.0.0` is version `1.0.0` of the title `shop/click`. */
export interface SchemaUri {
  readonly title: string
  /** `X.Y.Z`, `latest` or `current`. */
  readonly version: string
}

// No part begins with a dot, so that no URI leads out of the schema folders.
const SCHEMA_URI = /^\/((?:\w[\w.-]*\/)*\w[\w.-]*)\/(\d+\.\d+\.\d+|latest|current)(?:\.(?:json|ya?ml))?#?$/

/** The title and version that a URI names, or undefined if it is not of the form `/title/X.Y.Z` or `/title/latest`. */
export function parseSchemaUri(uri: string): SchemaUri | undefined {
  const [, title, version] = SCHEMA_URI.exec(uri) ?? []
  return title && version ? { title, version } : undefined
}

/** Whether a title is that of a part for other schemas, and of no event: it has a folder `fragment` in it. */
export function isFragment(title: string): boolean {
  return title.split('/').includes('fragment')
}

/** Orders versions by their numbers: `1.10.0` comes after `1.9.0`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]]
  const difference = left.findIndex((number, index) => number !== right[index])
  return difference < 0 ? 0 : left[difference]! - right[difference]!
}
