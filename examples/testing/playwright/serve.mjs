// The demo shop, whose pages believe that their intake is far away.
import { fileURLToPath } from 'node:url'
import { serve } from '../../shop/server.mjs'

/** @param {string} path */
const folder = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const intake = 'https://intake.example.org'

await serve({
  folders: { '/': folder('examples/shop/site'), '/rivulet/': folder('dist') },
  texts: { '/config.js': `export const intake = ${JSON.stringify(intake)}\n` },
  intake,
  port: Number(process.argv[2]),
})
