/** Where the reader is: `#/PAGE/REST…`, each part percent-decoded. */
export interface Route {
  readonly page: string
  readonly rest: readonly string[]
}

/** The route of a `location.hash`; the first page where it names none. */
export function routeOf(hash: string): Route {
  const [page = '', ...rest] = hash
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decoded)
  return { page: page || 'streams', rest: rest.filter((part) => part !== '') }
}

/** The link to a route. */
export function hashOf(page: string, ...rest: readonly string[]): string {
  return `#/${[page, ...rest].map(encodeURIComponent).join('/')}`
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // typed by hand, and no encoding
  }
}
