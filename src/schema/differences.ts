import { isDeepStrictEqual } from 'node:util'
import { pointerTo } from './json-pointer.ts'
import { isObject } from './subschemas.ts'

/** JSON pointers to where two values differ, each as deep as it goes; a list differs as a whole. */
export function differences(a: unknown, b: unknown, pointer = ''): string[] {
  if (isDeepStrictEqual(a, b)) return []
  if (!isObject(a) || !isObject(b)) return [pointer]
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return keys.flatMap((key) => differences(a[key], b[key], pointerTo(pointer, key)))
}
