import { type FaultyIntake, type FaultyIntakeOptions, startFaultyIntake } from 'rivulet/testing'
import { onTestFinished } from 'vitest'

/** An intake that fails on demand, closed with the test. */
export async function openFaultyIntake(options?: FaultyIntakeOptions): Promise<FaultyIntake> {
  const intake = await startFaultyIntake(options)
  onTestFinished(() => intake.close())
  return intake
}
