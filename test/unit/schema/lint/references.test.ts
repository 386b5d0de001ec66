import { describe, expect, test } from 'vitest'
import { lint } from '../../../../src/schema/lint/lint.ts'
import { folderOf } from '../../../support/folder.ts'
import { CURRENT, DRAFT_07, FILES_ALONE, OPTIONS, foundIn, text, withCurrent } from './good-repository.ts'

describe('references', () => {
  const withRef = ($ref: string) => withCurrent({ properties: { ...CURRENT.properties, a: { $ref } } })

  test.each([
    '#/properties/action',
    './#/properties/action',
    '/shop/click/1.0.0#/properties/action',
    '/fragment/common/latest#/properties/dt',
    'http://json-schema.org/draft-07/schema#',
  ])('may be %s', async (ref) => {
    expect(await foundIn(withRef(ref))).toEqual([])
  })

  test('are looked up in every folder, in the repositories of the config, and in what comes with the package', async () => {
    const shared = await folderOf({ 'shared/name/1.0.0.json': { ...text, title: 'shared/name' } })
    const files = withRef('/shared/name/1.0.0#')
    const folder = await folderOf(files)

    expect(await foundIn(files)).toMatchObject([{ rule: 'refs-resolve' }])
    expect(
      await foundIn({ ...files, 'rivulet-schemas.yaml': `repositories: [${shared}]\n${FILES_ALONE}` }),
    ).toEqual([])
    expect(await foundIn(withRef('/rivulet/web_vital/1.0.0#/properties/name'))).toEqual([])
    const { findings } = await lint([folder, shared], OPTIONS)
    expect(findings.filter(({ file }) => file.startsWith(folder))).toEqual([])
  })

  test('that only a repository on the web could have are passed over', async () => {
    const config = { 'rivulet-schemas.yaml': `repositories: ["http://127.0.0.1:9/"]\n${FILES_ALONE}` }

    expect(await foundIn({ ...withRef('/shared/name/1.0.0#'), ...config })).toEqual([])
    expect(await foundIn({ ...withRef('http://127.0.0.1:9/a/1.0.0#'), ...config })).toEqual([])
    expect(await foundIn({ ...withRef('https://other.example.org/a/1.0.0#'), ...config })).toHaveLength(1)
  })

  test('that go round through several schemas are one finding, however many lead there', async () => {
    const part = (name: string, $ref: string) => ({
      [`fragment/${name}/current.yaml`]: {
        title: `fragment/${name}`,
        $id: `/fragment/${name}/1.0.0`,
        $schema: DRAFT_07,
        type: 'object',
        properties: { next: { $ref } },
      },
    })

    const found = await foundIn({
      ...withRef('/fragment/a/1.0.0#'),
      ...part('a', '/fragment/b/1.0.0#'),
      ...part('b', '/fragment/c/1.0.0#/properties/next'),
      ...part('c', '/fragment/a/1.0.0#'),
    })

    const through = '/fragment/c/1.0.0#/properties/next and /fragment/a/1.0.0# and /fragment/b/1.0.0#'
    expect(found).toMatchObject([
      {
        rule: 'refs-resolve',
        file: 'fragment/a/current.yaml',
        pointer: '/properties/next/$ref',
        message: `"$ref" leads back to itself, through ${through}; take one of them out`,
      },
    ])
  })

  test('to a file that cannot be read are said once, at that file', async () => {
    const found = await foundIn({ ...withRef('/fragment/common/1.0.0#'), 'fragment/common/1.0.0.json': '{' })

    expect(found.map(({ rule, file }) => [rule, file])).toEqual([['readable', 'fragment/common/1.0.0.json']])
  })
})
