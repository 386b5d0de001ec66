import { type Client, createClient as createCoreClient } from '../../src/core/client.ts'
import type { ClientOptions } from '../../src/core/options.ts'
import { browserEnvironment } from '../../src/environments/browser.ts'

/** The browser's client with its queue in memory only: what persistence costs is the difference to this one. */
export function createClient(options: ClientOptions): Client {
  const { records: _, ...environment } = browserEnvironment()
  return createCoreClient(options, environment)
}
