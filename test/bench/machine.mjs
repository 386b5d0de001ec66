import { cpus, loadavg, release, totalmem, type } from 'node:os'

/**
 * What the figures were measured on.
 *
 * @param {import('playwright').Browser} [browser] where one takes part
 */
export function machine(browser) {
  const cores = cpus()
  return {
    cores: cores.length,
    processor: cores[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    chromium: browser?.version(),
    // What else ran beside it: times suffer from that more than ratios do.
    loadAtStart: loadavg()[0] ?? 0,
  }
}
