import { expect, test } from 'vitest'
import { readStreamsConfig } from '../../../src/streams/streams-config.ts'

test('a name that makes a pattern backtrack for ever holds nobody up, at most once for a moment', () => {
  const config = readStreamsConfig({
    streams: { '/^(b+)+$/': {}, '/^shop\\./': { sample: { unit: 'session', rate: 0.5 } } },
  })
  const evil = `${'b'.repeat(100)}!`
  const began = performance.now()

  expect(config.entryOf('bbb')?.name).toBe('/^(b+)+$/')
  for (let time = 0; time < 100; time++) expect(config.entryOf(`${evil}${time}`)).toBeUndefined()
  expect(config.of(evil)).toMatchObject({ reason: 'unconfigured', why: 'not in the config' })

  expect(performance.now() - began).toBeLessThan(2_000)
  expect(config.of('shop.click').sample).toEqual({ unit: 'session', rate: 0.5 })
})

test('a pattern that lint calls unsafe stands for its streams all the same', () => {
  const config = readStreamsConfig({
    revision: '7',
    streams: { '/.*\\.click$/': { producers: { rivulet: { state: 'off' } } } },
  })

  expect(config.of('shop.click').reason).toBe('killed')
  expect(config.of('shop.view')).toMatchObject({ reason: 'unconfigured', revision: '7' })
})
