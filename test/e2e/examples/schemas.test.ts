import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { EXAMPLES, startShopIntake } from './examples.ts'

const FOLDER = join(EXAMPLES, 'shop/schemas/shop')
const titles = (await readdir(FOLDER)).map((name) => `shop/${name}`)

test.each(titles)('%s: the intake accepts the example', async (title) => {
  const { url } = await startShopIntake()
  const { examples } = parse(await readFile(join(FOLDER, '..', title, 'current.yaml'), 'utf8'))

  const { status } = await fetch(`${url}/v1/events`, { method: 'POST', body: JSON.stringify(examples) })

  expect(status).toBe(201)
})
