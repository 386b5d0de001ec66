import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { compile } from 'svelte/compiler'
import { compileScript, parse } from 'vue/compiler-sfc'

/**
 * Bundles an app for a page as its framework's tools would in development: each component by its own compiler.
 * What is served below `/rivulet/` stays outside.
 */
export async function bundleApp(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    jsxDev: true,
    conditions: ['development', 'browser'],
    external: ['/rivulet/*'],
    define: {
      'process.env.NODE_ENV': '"development"',
      __VUE_OPTIONS_API__: 'false',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    plugins: [vueComponents, svelteComponents],
  })
  return outputFiles[0]!.text
}

const vueComponents: Plugin = {
  name: 'vue',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.vue$/ }, async ({ path }) => {
      const { descriptor } = parse(await readFile(path, 'utf8'), { filename: basename(path) })
      const { content } = compileScript(descriptor, { id: basename(path), inlineTemplate: true })
      return { contents: content, loader: 'ts' }
    }),
}

const svelteComponents: Plugin = {
  name: 'svelte',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.svelte$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      const { js } = compile(source, { filename: path, generate: 'client', dev: true })
      return { contents: js.code, loader: 'js' }
    }),
}
