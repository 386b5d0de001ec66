/** How code is written in generated files: the same text for the same values, in lines of at most 100 characters. */
const WIDTH = 100

/** A list of parts between brackets: on one line where they fit, else on a line each. */
export function bracketed(
  [open, close]: readonly [string, string],
  parts: readonly string[],
  indent: string,
): string {
  const line = parts.join(', ')
  if (parts.length === 0) return `${open}${close}`
  const pad = open === '{' ? ' ' : ''
  const short = `${open}${pad}${line}${pad}${close}`
  if (!line.includes('\n') && indent.length + short.length + 16 <= WIDTH) return short
  return `${open}\n${parts.map((part) => `${indent}  ${part},\n`).join('')}${indent}${close}`
}

/** A text in single quotes. */
export function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'")}'`
}

/** The name of a field: without quotes where it can be. In a literal, a bare `__proto__` would be no field. */
export function fieldName(name: string): string {
  if (name === '__proto__') return "['__proto__']"
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)
}

/** A JSON value as a literal. */
export function literal(value: unknown, indent = ''): string {
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value))
    return bracketed(
      ['[', ']'],
      value.map((item) => literal(item, `${indent}  `)),
      indent,
    )
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).map(
    ([name, part]) => `${fieldName(name)}: ${literal(part, `${indent}  `)}`,
  )
  return bracketed(['{', '}'], fields, indent)
}

/** `date-time` as `dateTime`. */
export function camelCase(name: string): string {
  return pascalCase(name).replace(/^./, (letter) => letter.toLowerCase())
}

/** `shop.page_view` and `shop/page_view` as `ShopPageView`. */
export function pascalCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter(Boolean)
  return words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
}
