import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import ajvFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { openLookup } from '../../../../src/schema/materialize/lookup.ts'
import { createMaterializer } from '../../../../src/schema/materialize/materialize.ts'
import { beginSchema } from '../../../../src/schema/materialize/new-schema.ts'
import { readSource, sourceOf } from '../../../../src/schema/source.ts'
import { folderOf } from '../../../support/folder.ts'

const OWN = fileURLToPath(new URL('../../../../schemas', import.meta.url))

test('what it writes materializes as it stands, and its example is valid', async () => {
  const path = beginSchema(await folderOf(), 'shop/basket/change')

  const { $schema, ...made } = await createMaterializer(openLookup([OWN]))(readSource(path))

  expect(made).toMatchObject({
    title: 'shop/basket/change',
    $id: '/shop/basket/change/1.0.0',
    additionalProperties: false,
    required: ['$schema', 'action', 'dt', 'meta'],
  })
  const ajv = new Ajv({ strict: false })
  ajvFormats.default(ajv)
  const [example] = made.examples as { $schema: string }[]
  expect(ajv.validate(made as object, example), ajv.errorsText()).toBe(true)
  expect(example!.$schema).toBe(made.$id)
})

test('its example stays valid when the version is raised', async () => {
  const path = beginSchema(await folderOf(), 'shop/click')

  const text = readFileSync(path, 'utf8').replace('$id: /shop/click/1.0.0', '$id: /shop/click/1.1.0')
  const made = await createMaterializer(openLookup([OWN]))(sourceOf(path, text))

  expect(made.examples).toMatchObject([{ $schema: '/shop/click/1.1.0' }])
})

test('what it tells to add for context materializes, too', async () => {
  const path = beginSchema(await folderOf(), 'shop/click')
  const hint = /^# (- \$ref: .*)$/m.exec(readFileSync(path, 'utf8'))![1]!

  const text = readFileSync(path, 'utf8').replace('allOf:\n', `allOf:\n  ${hint}\n`)
  const made = await createMaterializer(openLookup([OWN]))(sourceOf(path, text))

  expect(made.properties).toHaveProperty('performer')
})

test.each(['current.yaml', 'current.yml', 'current.json'])(
  '%s that is there is not touched',
  async (name) => {
    const folder = await folderOf({ [`shop/click/${name}`]: 'mine' })

    expect(() => beginSchema(folder, 'shop/click')).toThrow(
      `${name}: is there already; edit it, or choose another title`,
    )

    expect(readFileSync(join(folder, 'shop/click', name), 'utf8')).toBe('mine')
  },
)

test.each([
  ['click', 'web/click'],
  ['shop.click', 'shop/click'],
  ['Shop/clickRate', 'shop/click_rate'],
  ['shop/click-rate', 'shop/click_rate'],
  ['/shop/click', 'shop/click'],
  ['shop/click/', 'shop/click'],
  ['../shop/click', 'shop/click'],
  ['shop/2nd click', 'shop/nd_click'],
  ['', 'shop/click'],
  ['☃/☃', 'shop/click'],
])('"%s" is no title, %s would be one', async (title, suggestion) => {
  const folder = await folderOf()

  expect(() => beginSchema(folder, title)).toThrow(`in lower snake_case, such as ${suggestion}`)
})

test('a folder that cannot be made is an error that names it', async () => {
  const folder = await folderOf({ shop: 'a file' })

  expect(() => beginSchema(folder, 'shop/click')).toThrow(
    /shop\/click: cannot be made \(.*\); choose another folder/,
  )
})
