import { expect, test } from 'vitest'
import type { QueuedEvent, RecordStore } from '../../src/core/queue.ts'

export const EVENT: QueuedEvent = { id: 'e', stream: 's', client: 'c', url: 'u', json: '{}', bytes: 2 }
export const NONE = new Set<string>()

/** What each store of records does. `open` opens another store on what the stores of the same test have written. */
export function storeContract(open: () => RecordStore): void {
  test('what is written is read as it was, by another store too', async () => {
    await open().write([['1', [EVENT, { ...EVENT, id: 'f' }]]])

    expect(await open().read(NONE)).toEqual(new Map([['1', [EVENT, { ...EVENT, id: 'f' }]]]))
  })

  test('one write puts and removes', async () => {
    const store = open()
    await store.write([['1', [EVENT]]])

    await store.write([
      ['2', [EVENT]],
      ['1', []],
      ['never there', []],
    ])

    expect([...(await store.read(NONE)).keys()]).toEqual(['2'])
    expect([...(await open().read(NONE)).keys()]).toEqual(['2'])
  })

  test('what one store removes, the one that has written it no longer has', async () => {
    const store = open()
    await store.write([
      ['1', [EVENT]],
      ['2', [EVENT]],
    ])
    const other = open()
    await other.read(NONE)

    await other.write([
      ['1+', [EVENT]],
      ['1', []],
    ])

    expect([...(await store.read(NONE)).keys()].sort()).toEqual(['1+', '2'])
  })

  test('records whose keys are known are named without their events', async () => {
    const store = open()
    await store.write([
      ['1', [EVENT]],
      ['2', [EVENT]],
    ])

    expect(await store.read(new Set(['1']))).toEqual(
      new Map([
        ['1', undefined],
        ['2', [EVENT]],
      ]),
    )
  })

  test('what is asked first is done first', async () => {
    const store = open()

    const done = [
      store.write([['1', [EVENT]]]),
      store.write([
        ['2', [EVENT]],
        ['1', []],
      ]),
      store.read(NONE).then((found) => expect([...found.keys()]).toEqual(['2'])),
      store.write([['2', []]]),
    ]
    await Promise.all(done)

    expect(await store.read(NONE)).toEqual(new Map())
  })
}
