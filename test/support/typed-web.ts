import { generate } from '../../src/schema/generate/generate.ts'
import { openSchemaRepository } from '../../src/schema/repository.ts'
import { serveSite } from './site.ts'
import { STREAMS, startWebIntake, type WebIntake } from './web-intake.ts'

export interface TypedWebOptions {
  /** The line of the page's script that brings `schemas`. */
  readonly load: string
  /** The build of the validator. Default: that for production. */
  readonly validator?: string
}

/** A site whose pages check events by generated files, under a policy that forbids code made of text. */
export interface TypedWeb {
  readonly site: string
  readonly intake: WebIntake
  /** The paths that were asked for, of those that begin so. */
  asked(start: string): string[]
  /** From now on the path is not answered, until what this returns is called. */
  hold(path: string): () => void
}

/** Starts both; they end with the test. */
export async function startTypedWeb({
  load,
  validator = '/rivulet/validator.js',
}: TypedWebOptions): Promise<TypedWeb> {
  const intake = await startWebIntake()
  const { files } = generate({
    streams: Object.entries(STREAMS)
      .filter(([name]) => name.startsWith('web.'))
      .map(([name, { schema_title }]) => ({
        name,
        schemaTitle: schema_title,
        provideValues: [],
        isSampled: false,
        others: [],
        line: 1,
      })),
    source: 'streams.json',
    revision: undefined,
    repository: openSchemaRepository([intake.schemas]),
    validator,
  })
  const script = `
    import { createClient } from '/rivulet/browser.js'
    ${load}
    window.outcomes = []
    window.client = createClient({
      intakeUrl: '${intake.url}/v1/events',
      streamConfigUrl: '${intake.url}/v1/stream-configs',
      schemas,
      onOutcome: (outcome) => { window.outcomes.push(outcome) },
    })
  `
  const policy = `default-src 'none'; script-src 'self'; connect-src ${intake.url}; img-src data:; require-trusted-types-for 'script'`
  const paths: string[] = []
  const held = new Map<string, Promise<void>>()
  const served = [...files].map(([path, text]) => [`/generated/${path}`, text] as const)
  const site = await serveSite(
    { '/page.js': script, ...Object.fromEntries(served) },
    {
      headers: { 'content-security-policy': policy },
      onRequest: (path) => {
        paths.push(path)
        return held.get(path)
      },
    },
  )
  return {
    site,
    intake,
    asked: (start) => paths.filter((path) => path.startsWith(start)),
    hold: (path) => {
      let release = () => {}
      held.set(
        path,
        new Promise((resolve) => {
          release = resolve
        }),
      )
      return () => {
        held.delete(path)
        release()
      }
    },
  }
}
