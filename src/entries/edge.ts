import { checkOptions, type StreamSchemas } from '../core/options.ts'
import { edgeEnvironment } from '../environments/edge.ts'
import { httpUrl } from '../environments/http.ts'
import { sendToken } from '../environments/intake-token.ts'
import {
  createPagelessClient,
  disposable,
  PAGELESS_OPTIONS,
  type PagelessClient,
  type PagelessOptions,
} from '../environments/pageless-client.ts'

export type * from './types.ts'
export type { AsyncDispose, PagelessClient, PagelessOptions } from '../environments/pageless-client.ts'

/**
 * A client for one request to a function at the edge, with its queue in memory: made in the handler, since runtimes allow
 * no timers, requests and random numbers outside of it. With `waitUntil`, what is queued is sent before the function
 * ends. Throws a TypeError on a wrong option, and nothing else ever throws.
 */
export function createClient<Schemas extends StreamSchemas = StreamSchemas>(
  given: PagelessOptions<Schemas>,
): PagelessClient<Schemas> {
  checkOptions(given, httpUrl, PAGELESS_OPTIONS)
  const { intakeToken, ...options } = given
  const headersFor = sendToken({ intakeUrl: given.intakeUrl, intakeToken })
  return disposable(createPagelessClient(options, edgeEnvironment(headersFor)))
}
