import { expect, test } from 'vitest'
import { click, shopFolder, startShopIntake } from './temp-intake.ts'

const ERROR_STREAM = 'rivulet.error.validation'
const STREAMS = {
  streams: { 'shop.click': { schema_title: 'shop/click' }, [ERROR_STREAM]: { schema_title: 'error' } },
}
const INVALID = click('i', { action: 'steal' })
const UNKNOWN_SCHEMA = click('u', { $schema: '/nowhere/at_all/1.0.0' })

test('where stream config has a stream for them, an invalid event is told there in the form of the family, too', async () => {
  const { post, stored, counts } = await startShopIntake(await shopFolder(STREAMS))

  const { status } = await post([click('a'), INVALID, UNKNOWN_SCHEMA])

  expect(status).toBe(207)
  const [errorEvent, ...others] = await stored(ERROR_STREAM)
  expect(others).toEqual([])
  expect(errorEvent).toMatchObject({
    $schema: '/error/2.1.0',
    meta: { stream: ERROR_STREAM },
    emitter_id: 'rivulet',
    errored_stream_name: 'shop.click',
    message: "'.action' should be equal to one of the allowed values",
  })
  expect(JSON.parse(String(errorEvent?.raw_event))).toMatchObject(INVALID)
  expect(await stored('rivulet.rejected')).toHaveLength(2)
  expect(counts().streams).toMatchObject({
    'shop.click': { stored: 1, rejected: 2 },
    [ERROR_STREAM]: { stored: 1, rejected: 0 },
  })
})
