/**
 * A stream config by which every stream of the schemas goes, whole; every stream at all where no schemas are at hand,
 * without the client's own accounts, which are not what a test is about.
 */
export function everyStream(schemas: object = {}): object {
  const names = typeof schemas === 'function' ? [] : Object.keys(schemas)
  const all = names.length ? names : ['/^(?!rivulet\\.ledger$)/']
  return { streams: Object.fromEntries(all.map((name) => [name, {}])) }
}
