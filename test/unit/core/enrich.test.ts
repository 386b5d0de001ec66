import { expect, test } from 'vitest'
import type { EventData } from '../../../src/core/event.ts'
import { enrich, type Facts } from '../../../src/core/enrich.ts'
import { START } from '../../support/environment.ts'

const PRODUCER = { sdk: 'rivulet/0', id: 'p', seq: 0, rate: 1 }
const facts = (more: Partial<Facts> = {}): Facts => ({
  id: 'e',
  stream: 'shop.click',
  at: START,
  producer: PRODUCER,
  values: {},
  schema: {},
  fillMetaDt: false,
  ...more,
})

test("an event is the caller's fields with meta and dt", () => {
  expect(enrich({ action: 'buy' }, facts({ domain: 'shop.example' }))).toEqual({
    action: 'buy',
    dt: '2026-11-23T08:00:00.000Z',
    meta: { id: 'e', stream: 'shop.click', domain: 'shop.example', producer: PRODUCER },
  })
})

test('where there is no domain, none is named', () => {
  expect(JSON.stringify(enrich({}, facts()))).not.toContain('domain')
})

test("other keys of the caller's meta stay, and those that are Rivulet's are replaced", () => {
  const { meta } = enrich(
    { meta: { request_id: 'r', stream: 'x', producer: 'x', domain: 'x' } },
    facts({ domain: 'd' }),
  )

  expect(meta).toEqual({ request_id: 'r', id: 'e', stream: 'shop.click', domain: 'd', producer: PRODUCER })
})

test.for(['text', 7, null, ['list'], true])('a meta that is %o counts as none', (meta) => {
  expect(enrich({ meta } as unknown as EventData, facts()).meta).toEqual({
    id: 'e',
    stream: 'shop.click',
    producer: PRODUCER,
  })
})

test('meta.dt is filled only where asked for, and the caller’s own is kept', () => {
  expect(enrich({}, facts()).meta.dt).toBeUndefined()
  expect(enrich({}, facts({ fillMetaDt: true })).meta.dt).toBe('2026-11-23T08:00:00.000Z')
  expect(enrich({ meta: { dt: 'mine' } }, facts({ fillMetaDt: true })).meta.dt).toBe('mine')
})

test('dt is left to the caller, to client_dt, and to a schema that has none', () => {
  expect(enrich({ dt: 'mine' }, facts()).dt).toBe('mine')
  expect(enrich({ client_dt: 'mine' }, facts())).not.toHaveProperty('dt')
  expect(enrich({}, facts({ schema: { dt: false } }))).not.toHaveProperty('dt')
  expect(enrich({}, facts({ schema: { dt: true } }))).toHaveProperty('dt')
})

test("the schema of the stream is named unless the caller's event names one", () => {
  expect(enrich({}, facts({ schema: { $schema: '/a/1.0.0' } })).$schema).toBe('/a/1.0.0')
  expect(enrich({ $schema: '/a/1.1.0' }, facts({ schema: { $schema: '/a/1.0.0' } })).$schema).toBe('/a/1.1.0')
  expect(enrich({}, facts())).not.toHaveProperty('$schema')
})

test("a value goes into the field of its group, replaces the caller's and keeps its siblings", () => {
  const values = {
    agent_client_platform_family: 'desktop_browser',
    agent_app_install_id: 'i',
    page_title: 'Cart',
  }
  const data = { agent: { client_platform_family: 'mine', release: 7 }, page: 'no object' }

  expect(enrich(data, facts({ values }))).toMatchObject({
    agent: { client_platform_family: 'desktop_browser', app_install_id: 'i', release: 7 },
    page: { title: 'Cart' },
  })
})

test('a value whose name has no group is a field of its own', () => {
  expect(enrich({}, facts({ values: { plan: 'gold' } })).plan).toBe('gold')
})

test('null and undefined are not added, false and 0 and "" are', () => {
  const values = { page_a: null, page_b: undefined, page_c: false, page_d: 0, page_e: '' }

  expect(enrich({}, facts({ values })).page).toEqual({ c: false, d: 0, e: '' })
})

test("the caller's objects are not touched", () => {
  const data = Object.freeze({ meta: Object.freeze({ a: 1 }), page: Object.freeze({ id: 7 }) })

  const event = enrich(data, facts({ values: { page_title: 'Cart' }, fillMetaDt: true }))

  expect(event.page).toEqual({ id: 7, title: 'Cart' })
  expect(data).toEqual({ meta: { a: 1 }, page: { id: 7 } })
})

test("where there is no domain, the caller's own stays", () => {
  expect(enrich({ meta: { domain: 'mine' } }, facts()).meta.domain).toBe('mine')
})
test('in a schema with a client_dt that field is the time of the call, and dt as well unless it is the intake’s', () => {
  const event = enrich({}, facts({ schema: { client_dt: true, dt: false } }))

  expect(event.client_dt).toBe('2026-11-23T08:00:00.000Z')
  expect(event).not.toHaveProperty('dt')
  expect(enrich({ client_dt: 'mine' }, facts({ schema: { client_dt: true } })).client_dt).toBe('mine')
  expect(enrich({}, facts({ schema: { client_dt: true } }))).toHaveProperty('dt')
})

test('sample is what let the event through, where the schema has it and the stream is sampled', () => {
  const sampled = { ...PRODUCER, unit: 'session', rate: 0.1 }

  expect(enrich({ sample: 'x' }, facts({ schema: { sample: true }, producer: sampled })).sample).toEqual({
    unit: 'session',
    rate: 0.1,
  })
  expect(enrich({}, facts({ producer: sampled }))).not.toHaveProperty('sample')
  expect(enrich({}, facts({ schema: { sample: true } }))).not.toHaveProperty('sample')
})
