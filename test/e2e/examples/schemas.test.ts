import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { OWN_SCHEMAS } from '../../../src/intake/package-files.ts'
import { openLookup } from '../../../src/schema/materialize/lookup.ts'
import { materializeSchema } from '../../../src/schema/materialize/materialize.ts'
import { serialize } from '../../../src/schema/materialize/serialize.ts'
import { readSource } from '../../../src/schema/source.ts'
import { EXAMPLES, startShopIntake } from './examples.ts'

const FOLDER = join(EXAMPLES, 'shop/schemas/shop')
const titles = (await readdir(FOLDER)).map((name) => `shop/${name}`)

test.each(titles)('%s: the version in use is what is made of its current.yaml', async (title) => {
  const file = (name: string) => join(FOLDER, '..', title, name)

  const made = await materializeSchema(readSource(file('current.yaml')), openLookup([OWN_SCHEMAS]))

  expect(made).toMatchObject({ title, $id: `/${title}/1.0.0` })
  expect(await readFile(file('1.0.0.json'), 'utf8')).toBe(serialize(made, 'json'))
  expect(await readFile(file('latest.json'), 'utf8')).toBe(serialize(made, 'json'))
})

test.each(titles)('%s: the intake accepts the example', async (title) => {
  const { url } = await startShopIntake()
  const { examples } = parse(await readFile(join(FOLDER, '..', title, 'current.yaml'), 'utf8'))

  const { status } = await fetch(`${url}/v1/events`, { method: 'POST', body: JSON.stringify(examples) })

  expect(status).toBe(201)
})
