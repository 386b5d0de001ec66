import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { parse } from 'acorn'
import { describe, expect, test } from 'vitest'
import { ROOT } from './tarball.ts'

// What browsers load, as it lies in dist/: the README's table of browsers rests on this.

/** Every file in dist/ that a browser may load: the entries for it, and what those import. */
const files = await withImports([
  ...['browser', 'webview', 'config-push', 'curation', 'debug', 'fetch-later', 'redact'].map(
    (name) => `dist/${name}.js`,
  ),
  'dist/script.js',
  'dist/stub.js',
  'dist/testing.browser.js',
  'dist/validator.js',
  'dist/validator.development.js',
  ...(await scriptsIn('dist/collectors')),
  ...(await scriptsIn('dist/console')),
])

describe('what browsers load', () => {
  test.each(files)('%s is ES2020', async (file) => {
    const source = await readFile(join(ROOT, file), 'utf8')

    expect(() => parseAs(2020, source)).not.toThrow()
  })

  test.each(files)('%s runs under a policy without unsafe-eval', async (file) => {
    const source = await readFile(join(ROOT, file), 'utf8')

    expect(evaluations(source)).toEqual([])
  })

  test.each(files)('%s needs no bundler', async (file) => {
    const source = await readFile(join(ROOT, file), 'utf8')

    expect(importsOf(source).filter((specifier) => !specifier.startsWith('.'))).toEqual([])
  })

  test('is found by following the imports, those on demand too', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^dist\/chunks\/.*attribution.*\.js$/),
        'dist/debug-overlay.js',
      ]),
    )
  })
})

describe('these checks', () => {
  test.each([
    'a ||= b',
    '1_000',
    'class A { static b = 1 }',
    'class A { #b; c() { return #b in this } }',
    'await 0',
  ])('notice syntax later than ES2020: %s', (source) => {
    expect(() => parseAs(2020, source)).toThrow(SyntaxError)
  })

  test('let ES2020 pass', () => {
    expect(() => parseAs(2020, 'a?.b ?? import("c"); export * as d from "e"; 1n')).not.toThrow()
  })

  test.each([
    'eval("a")',
    'globalThis.eval("a")',
    'new Function("a")',
    'Function("a")()',
    'setTimeout("a", 1)',
    'window.setInterval("a", 1)',
  ])('notice code made of text: %s', (source) => {
    expect(evaluations(source)).toHaveLength(1)
  })

  test('let functions pass', () => {
    expect(evaluations('setTimeout(() => 1, 1); a instanceof Function; evaluate("a")')).toEqual([])
  })
})

interface Node {
  readonly type: string
  readonly [key: string]: unknown
}

function parseAs(ecmaVersion: 2020 | 2022, source: string): Node {
  return parse(source, { ecmaVersion, sourceType: 'module' }) as unknown as Node
}

/** The calls that make code of text, each as its source. */
function evaluations(source: string): string[] {
  return nodesOf(parseAs(2022, source))
    .filter(({ type }) => type === 'CallExpression' || type === 'NewExpression')
    .filter((call) => isEvaluation(nameOf(call.callee as Node), call.arguments as Node[]))
    .map(({ start, end }) => source.slice(start as number, end as number))
}

function isEvaluation(name: unknown, [first]: Node[]): boolean {
  if (name === 'setTimeout' || name === 'setInterval') {
    return first?.type === 'Literal' || first?.type === 'TemplateLiteral'
  }
  return name === 'eval' || name === 'Function'
}

/** `b` of both `b` and `a.b`. */
function nameOf(callee: Node): unknown {
  return callee.type === 'MemberExpression' ? (callee.property as Node).name : callee.name
}

function importsOf(source: string): string[] {
  return nodesOf(parseAs(2022, source))
    .filter(({ type }) =>
      /^(Import|Export)(Expression|Declaration|NamedDeclaration|AllDeclaration)$/.test(type),
    )
    .flatMap((node) => (node.source ? [String((node.source as Node).value)] : []))
}

function nodesOf(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf)
  if (typeof value !== 'object' || value === null) return []
  const below = Object.values(value).flatMap(nodesOf)
  return typeof (value as Node).type === 'string' ? [value as Node, ...below] : below
}

async function withImports(entries: readonly string[]): Promise<string[]> {
  const found = new Set(entries)
  // A set is walked in order of insertion, so that what is added on the way has its turn too.
  for (const file of found) {
    const source = await readFile(join(ROOT, file), 'utf8')
    for (const specifier of importsOf(source)) {
      if (specifier.startsWith('.')) found.add(relative(ROOT, join(ROOT, dirname(file), specifier)))
    }
  }
  return [...found]
}

async function scriptsIn(folder: string): Promise<string[]> {
  const names = await readdir(join(ROOT, folder))
  return names.filter((name) => name.endsWith('.js')).map((name) => `${folder}/${name}`)
}
