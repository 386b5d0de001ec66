import { test as base, expect } from '@playwright/test'
import { unavailable } from 'rivulet/testing'
import { fixtures, type RivuletFixtures } from 'rivulet/testing/playwright'
import { type Schemas, schemas } from '../generated/streams.js'

const test = base.extend<RivuletFixtures<Schemas>>(fixtures)

// What is invalid by these is refused. Of what a page sends as it is closed, the shop's strict policy would let nothing
// through to the fixture.
test.use({ rivulet: { schemas }, bypassCSP: true })

test('putting a mug into the basket is told, with the product', async ({ page, submitted }) => {
  await page.goto('/product.html?id=mug')
  await page.getByRole('button', { name: 'Add to basket' }).click()

  const click = await submitted.until('shop.click', { action: 'add_to_basket' })

  expect(click.product_id).toBe('mug')
  expect(submitted.rejected()).toEqual([])
})

test('a click on the way out is told, too', async ({ page, submitted }) => {
  await page.goto('/product.html?id=mug')
  await page.getByRole('button', { name: 'Add to basket' }).click()
  await page.close()

  await submitted.until('shop.click', { product_id: 'mug' })
  expect(submitted.intake.posts.some(({ isBeacon }) => isBeacon)).toBe(true)
})

test('two tabs are one visit', async ({ context, submitted }) => {
  for (const product of ['mug', 'teapot']) {
    const page = await context.newPage()
    await page.goto(`/product.html?id=${product}`)
    await page.getByRole('button', { name: 'Add to basket' }).click()
  }

  await submitted.until('shop.click', { product_id: 'mug' })
  await submitted.until('shop.click', { product_id: 'teapot' })
  expect(submitted.events('shop.click', { action: 'add_to_basket' })).toHaveLength(2)
})

test('no click is lost when the intake is overloaded', async ({ page, submitted }) => {
  submitted.intake.script([unavailable({ retryAfter: 1 })])

  await page.goto('/product.html?id=mug')
  await page.getByRole('button', { name: 'Add to basket' }).click()

  await submitted.until('shop.click', { product_id: 'mug' })
  expect(submitted.intake.posts[0]?.answer).toBe(503)
})

test.describe('with clicks switched off', () => {
  const streamConfigs = {
    streams: {
      'shop.click': { producers: { rivulet: { state: 'off' } } },
      'shop.page_view': {},
    },
  }
  test.use({ rivulet: { schemas, streamConfigs } })

  test('pages tell of views only', async ({ page, submitted }) => {
    await page.goto('/product.html?id=mug')
    await page.getByRole('button', { name: 'Add to basket' }).click()
    await page.goto('/')

    await expect.poll(() => submitted.intake.events().length).toBeGreaterThan(1)
    expect(submitted.events('shop.click')).toEqual([])
  })
})
