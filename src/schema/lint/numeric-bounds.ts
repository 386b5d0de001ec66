import type { SchemaObject } from '../schema-file.ts'
import { subschemasOf } from '../subschemas.ts'
import { type Problem, problemsIf, type SchemaRule } from './rule.ts'

export const numericBounds: SchemaRule = {
  name: 'numeric-bounds',
  reason: 'Beyond ±(2^53−1) a number is not the same in every language.',
  of: 'versions',
  problemsIn: ({ content }) =>
    subschemasOf(content).flatMap(({ node, pointer }) => {
      if (node.type !== 'number' && node.type !== 'integer') return []
      return [
        ...boundProblems(node, pointer, 'minimum', Number.MIN_SAFE_INTEGER),
        ...boundProblems(node, pointer, 'maximum', Number.MAX_SAFE_INTEGER),
      ]
    }),
}

function boundProblems(
  node: SchemaObject,
  pointer: string,
  keyword: 'minimum' | 'maximum',
  limit: number,
): Problem[] {
  const bound = node[keyword]
  const fix = keyword === 'minimum' ? `${limit} or more` : `${limit} or less`
  if (typeof bound !== 'number')
    return [{ pointer, message: `a number without "${keyword}"; materialize it, or add ${fix}` }]
  return problemsIf(
    keyword === 'minimum' ? bound < limit : bound > limit,
    `${pointer}/${keyword}`,
    `"${keyword}" is ${bound}, beyond what is exact everywhere; write ${fix}`,
  )
}
