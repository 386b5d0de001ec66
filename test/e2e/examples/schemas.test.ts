import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { EXAMPLES, startShopIntake } from './examples.ts'

const FOLDER = join(EXAMPLES, 'shop/schemas/shop')
const titles = (await readdir(FOLDER)).map((name) => `shop/${name}`)

test.each(titles)('%s: the version in use is what its current.yaml says', async (title) => {
  const file = (name: string) => readFile(join(FOLDER, '..', title, name), 'utf8')

  const current = parse(await file('current.yaml'))

  expect(current).toMatchObject({ title, $id: `/${title}/1.0.0` })
  expect(JSON.parse(await file('1.0.0.json'))).toEqual(current)
  expect(JSON.parse(await file('latest.json'))).toEqual(current)
})

test.each(titles)('%s: the intake accepts the example', async (title) => {
  const { url } = await startShopIntake()
  const { examples } = parse(await readFile(join(FOLDER, '..', title, 'current.yaml'), 'utf8'))

  const { status } = await fetch(`${url}/v1/events`, { method: 'POST', body: JSON.stringify(examples) })

  expect(status).toBe(201)
})
