import { createHash } from 'node:crypto'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { transform } from 'esbuild'
import { minify } from 'terser'

// Compiled by `tsc -p src` before. What the client needs of idb-keyval and web-vitals is built in, so that
// dist/ keeps the promise of es2020 and runs in a page as it lies there.

/** Syntax of dependencies down to es2020. */
const es2020 = {
  name: 'es2020',
  transform: (code) => transform(code, { target: 'es2020', sourcemap: true }),
}

/** As small as it gets: by its choice of names, brotli makes less of it than of what other minifiers write. */
const minified = {
  name: 'minified',
  renderChunk: (code) =>
    minify(code, {
      module: true,
      ecma: 2020,
      sourceMap: true,
      compress: { passes: 3, inline: 1, unsafe_arrows: true },
    }),
}

/** Source maps that lead back to src/, which tsc knows, instead of to build/. */
const sourceMapsOfTsc = {
  name: 'source-maps-of-tsc',
  load: async (id) => {
    if (id.includes('node_modules')) return null
    const [code, map] = await Promise.all([readFile(id, 'utf8'), readFile(`${id}.map`, 'utf8')])
    return { code, map: JSON.parse(map) }
  },
}

const copyConsole = {
  name: 'copy-console',
  writeBundle: () =>
    Promise.all([
      cp('src/intake/console', 'dist/console', {
        recursive: true,
        filter: (path) => /(console|\.html|\.css)$/.test(path),
      }),
      cp('node_modules/uplot/dist/uPlot.min.css', 'dist/console/uplot.css'),
    ]),
}

/** For the `integrity` of a script tag, and for a policy that allows the stub inline. */
const integrity = {
  name: 'integrity',
  writeBundle: async () => {
    const hashes = ['script.js', 'stub.js'].map(async (name) => {
      const hash = createHash('sha384').update(await readFile(`dist/${name}`))
      return [name, `sha384-${hash.digest('base64')}`]
    })
    const text = JSON.stringify(Object.fromEntries(await Promise.all(hashes)), null, 2)
    await writeFile('dist/integrity.json', `${text}\n`)
  },
}

const browser = [sourceMapsOfTsc, nodeResolve({ browser: true })]

export default [
  // Each apart, so that it is one file, whatever they share.
  ...[
    ...['browser', 'webview', 'config-push', 'curation', 'fetch-later', 'redact'].map((name) => [
      `entries/${name}`,
      name,
    ]),
    ...['clicks', 'errors', 'page-views'].map((name) => [`collectors/${name}`, `collectors/${name}`]),
  ].map(([from, to]) => ({
    input: `build/${from}.js`,
    // Of a collector, too, a page counts each byte; see below.
    output: { file: `dist/${to}.js`, sourcemap: to.startsWith('collectors/') ? 'hidden' : true },
    plugins: [...browser, es2020, minified],
  })),
  {
    input: { 'collectors/web-vitals': 'build/collectors/web-vitals.js' },
    output: { dir: 'dist', chunkFileNames: 'chunks/[name].js', sourcemap: true },
    plugins: [...browser, es2020, minified],
  },
  {
    input: { debug: 'build/debug/switch.js' },
    // Beside it, under a name that a page without a bundler can be given by itself.
    output: { dir: 'dist', chunkFileNames: 'debug-[name].js', sourcemap: true },
    plugins: [...browser, es2020, minified],
  },
  {
    input: 'build/entries/script.js',
    output: { file: 'dist/script.js', format: 'iife', sourcemap: true },
    plugins: [...browser, es2020, minified],
  },
  {
    // Pasted into pages: each byte counts, and its hash stands in their policies.
    input: 'build/entries/stub.js',
    output: { file: 'dist/stub.js', format: 'iife' },
    plugins: [...browser, es2020, minified, integrity],
  },
  // These, too.
  ...['validator', 'validator.development'].map((name) => ({
    input: `build/validator/${name}.js`,
    // Without the line that names the map: a generated page counts each byte of it.
    output: { file: `dist/${name}.js`, sourcemap: 'hidden' },
    plugins: [...browser, es2020, minified],
  })),
  {
    input: 'build/intake/console/main.js',
    output: { file: 'dist/console/console.js', sourcemap: true },
    plugins: [...browser, es2020, minified, copyConsole],
  },
  {
    input: 'build/entries/edge.js',
    output: { file: 'dist/edge.js', sourcemap: true },
    plugins: [sourceMapsOfTsc, nodeResolve()],
  },
  // As it was written: who tests steps into it.
  {
    input: 'build/testing/testing.browser.js',
    output: { file: 'dist/testing.browser.js', sourcemap: true },
    plugins: browser,
  },
  {
    input: {
      node: 'build/entries/node.js',
      intake: 'build/intake/intake.js',
      testing: 'build/testing/testing.js',
      'testing-playwright': 'build/testing/playwright.js',
      cli: 'build/cli/main.js',
      // What forks it looks for it by this name.
      'query-process': 'build/intake/query/query-process.js',
    },
    // A folder of their own: a chunk may have the name of one that browsers load.
    output: { dir: 'dist', chunkFileNames: 'chunks/node/[name].js', sourcemap: true },
    external: [
      /^node:/,
      '@duckdb/node-api',
      '@platformatic/kafka',
      /^(ajv|ajv-formats|commander|prom-client|redos-detector|yaml)($|\/)/,
    ],
    plugins: [sourceMapsOfTsc, nodeResolve({ exportConditions: ['node'] })],
  },
]
