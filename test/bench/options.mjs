import { parseArgs } from 'node:util'

/**
 * The options of a bench: whole numbers above 0, `--json` and `--help`. Ends the process with 2 where one is wrong.
 *
 * @template {string} Name
 * @param {readonly string[]} args
 * @param {{ command: string, defaults: Readonly<Record<Name, number>> }} bench
 * @returns {Record<Name, number> & { json: boolean, help: boolean }}
 */
export function readOptions(args, { command, defaults }) {
  const names = /** @type {Name[]} */ (Object.keys(defaults))
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...Object.fromEntries(names.map((name) => [name, { type: /** @type {const} */ ('string') }])),
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    const given = /** @type {{ [name: string]: unknown }} */ (values)
    const numbers = names.map((name) => {
      const value = Number(given[name] ?? defaults[name])
      if (!(Number.isInteger(value) && value > 0)) throw new Error(`--${name} takes a whole number above 0`)
      return [name, value]
    })
    return {
      .../** @type {Record<Name, number>} */ (Object.fromEntries(numbers)),
      json: given.json === true,
      help: given.help === true,
    }
  } catch (error) {
    const [what] = /** @type {Error} */ (error).message.split(/\.?(\n|$)/)
    console.error(`bench: ${what}. See npm run ${command} -- --help`)
    process.exit(2)
  }
}
