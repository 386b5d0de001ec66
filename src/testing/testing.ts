export * from './everywhere.ts'
export { type FaultyIntake, type FaultyIntakeOptions, startFaultyIntake } from './faulty-intake.ts'
