import { type Client, createClient } from '../../src/core/client.ts'
import type { Outcome } from '../../src/core/event.ts'
import { type Account, LEDGER } from '../../src/core/ledger.ts'
import type { ClientOptions } from '../../src/core/options.ts'
import {
  createTestEnvironment,
  type Post,
  type TestEnvironment,
  type TestEnvironmentOptions,
  URLS,
} from './environment.ts'

export interface Setup {
  readonly options?: Partial<ClientOptions>
  readonly environment?: TestEnvironmentOptions
}

export interface TestClient extends TestEnvironment {
  readonly client: Client
  readonly outcomes: readonly Outcome[]
}

/** A client that has asked for its config, and what became of its events. */
export async function startClient({ options = {}, environment = {} }: Setup = {}): Promise<TestClient> {
  const test = createTestEnvironment(environment)
  const outcomes: Outcome[] = []
  const client = createClient(
    { ...URLS, onOutcome: (outcome) => outcomes.push(outcome), ...options },
    test.environment,
  )
  await test.pass(0)
  return { ...test, client, outcomes }
}

/** In one word. */
export function wordOf(outcome: Outcome | undefined): string | undefined {
  return outcome?.kind === 'dropped' ? outcome.reason : outcome?.kind
}

export function idsOf({ events }: Post): string[] {
  return events.map(({ meta }) => meta.id)
}

/** The accounts among the events of posts: of each, the highest version. */
export function accountsIn(posts: readonly Post[]): Account[] {
  const newest = new Map<string, Account>()
  for (const event of posts.flatMap(({ events }) => events)) {
    if (event.meta.stream !== LEDGER) continue
    const account = event as unknown as Account
    if (account.version > (newest.get(account.account)?.version ?? 0)) newest.set(account.account, account)
  }
  return [...newest.values()]
}
