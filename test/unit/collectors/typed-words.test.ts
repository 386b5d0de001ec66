import { expect, test } from 'vitest'
import { onInput, typedWords } from '../../../src/collectors/typed-words.ts'

const input = (field: object) => onInput({ composedPath: () => [field] } as never)

test('what is typed is known, whatever a component has as its value', () => {
  for (const value of [7, ['Zanzibarra'], null, 'Quuxflop']) input({ value, textContent: '' })

  expect([...typedWords()]).toEqual(expect.arrayContaining(['zanzibarra', 'quuxflop']))
})
