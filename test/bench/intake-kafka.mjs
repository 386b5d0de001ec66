/**
 * @param {{ connections: number, seconds: number,
 *           startIntake: typeof import('./intake-load.mjs').startIntake,
 *           load: typeof import('./intake-load.mjs').load }} _
 * @returns {Promise<{ skipped: string } | import('./intake-load.mjs').Figures>}
 */
export async function measureKafka(_) {
  return { skipped: 'the intake has no sink for it yet' }
}
