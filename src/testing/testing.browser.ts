import type { startFaultyIntake as Start } from './faulty-intake.ts'

// `rivulet/testing` where there is no Node: in tests that run in a browser, in a worker, or in jest's jsdom.

export * from './everywhere.ts'

export const startFaultyIntake: typeof Start = async () => {
  throw new Error(
    'startFaultyIntake is a server, which needs Node. Start it in a file that runs there, such as the global setup ' +
      'of the test runner; or use createRecordingClient({ faults: […] }), which has an intake in memory.',
  )
}
