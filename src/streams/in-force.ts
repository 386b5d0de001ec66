import { type Config, patternIn, readConfig } from '../core/settings.ts'

/** A stream config as clients read it, without their URLs. Throws where there is no stream in it. */
export function inForce(config: unknown): Config {
  return readConfig(config, { intakeUrl: 'http://intake', resolve: (url) => url })
}

/** The key in a map of streams under which a stream has its settings: its name, else the first pattern that it matches. */
export function keysOf(streams: { readonly [key: string]: unknown }): (stream: string) => string | undefined {
  const keys = new Set(Object.keys(streams))
  const patterns = [...keys].flatMap((key) => {
    const pattern = patternIn(key)
    return pattern ? [{ key, pattern }] : []
  })
  return (stream) => (keys.has(stream) ? stream : patterns.find(({ pattern }) => pattern.test(stream))?.key)
}
