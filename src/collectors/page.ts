import { ask } from './ask.ts'

export interface PageOption {
  /**
   * What a page is called in events, by its URL: for a site whose paths tell of persons, or whose pages differ by query
   * or fragment. Default: the path.
   */
  readonly page?: ((url: Pick<URL, 'pathname' | 'search' | 'hash'>) => string) | undefined
}

/** The schemas' bound on paths. */
const LONGEST_PATH = 2048

/** What the page of a URL is called; nothing where the host's function fails. */
export function pathOf({ page }: PageOption, url: Location | URL = location): string {
  return (page ? String(ask('page', () => page(url)) ?? '') : url.pathname).slice(0, LONGEST_PATH)
}
