import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isOlder, readConfig } from '../../../src/core/settings.ts'
import { compareRevisions } from '../../../src/intake/revision.ts'

const base = { intakeUrl: 'https://intake.example/v1/events', resolve: (url: string) => url }

test('client and intake order revisions alike', () => {
  const number = fc.oneof(fc.nat(30), fc.maxSafeInteger().map(Math.abs), fc.constantFrom('007', '00'))
  const revision = fc.oneof(
    fc.array(number, { maxLength: 4 }).map((numbers) => numbers.join('.')),
    fc
      .array(fc.oneof(number, fc.constantFrom('-', ' ', 'r', 'beta', 'é', '٣')), { maxLength: 6 })
      .map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(revision, revision, (a, b) => {
      expect([a, b, isOlder(a, b)]).toEqual([a, b, compareRevisions(a, b) < 0])
    }),
    { numRuns: 3000 },
  )
})

test('whatever a config holds, it is read or refused by an Error, and each stream has an answer', () => {
  const setting = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('on', 'hold', 'off', 'exempt', 'ignore', 'a', '/a/', '/(/'),
  )
  const names = [
    'state',
    'curation',
    'stream_name',
    'sampling',
    'consent',
    'gpc',
    'priority',
    'provide_values',
  ]
  const settings = fc.record(
    {
      sample: fc.jsonValue(),
      producers: fc.record({ rivulet: fc.dictionary(fc.constantFrom(...names), setting) }),
    },
    { requiredKeys: [] },
  )
  const streams = fc.dictionary(fc.constantFrom('a', 'b', '/^a/', '/(/', '/b$/i', '/x/zz'), settings)
  fc.assert(
    fc.property(fc.oneof(fc.record({ streams }), streams, fc.jsonValue()), (config) => {
      let read: ReturnType<typeof readConfig> | undefined
      try {
        read = readConfig(config, base)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
        return
      }
      for (const stream of ['a', 'b', 'ab', '', '__proto__']) {
        const { reason, why, url } = read.of(stream)
        expect([undefined, 'killed', 'unconfigured']).toContain(reason)
        expect(typeof why).toBe('string')
        expect(url).toBe(base.intakeUrl)
      }
    }),
    { numRuns: 2000 },
  )
})
