import { type Client, createClient as createCoreClient } from '../core/client.ts'
import type { ClientOptions, StreamSchemas } from '../core/options.ts'
import { browserEnvironment } from '../environments/browser.ts'

export type * from './types.ts'

/**
 * A client for this page or worker. Events are kept in IndexedDB until the intake has answered for them, and go out from
 * whichever page or worker of this origin is open. On a server that renders pages they are dropped as `no-page`. Throws a
 * TypeError on a wrong option, and nothing else ever throws.
 */
export function createClient<Schemas extends StreamSchemas = StreamSchemas>(
  options: ClientOptions<Schemas>,
): Client<Schemas> {
  return createCoreClient(options, browserEnvironment())
}
