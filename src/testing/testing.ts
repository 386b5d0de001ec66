export {
  type FaultyIntake,
  type FaultyIntakeOptions,
  type FaultLimits,
  type Post,
  startFaultyIntake,
} from './faulty-intake.ts'
export {
  answerLost,
  captivePortal,
  cut,
  type Fault,
  hang,
  rejecting,
  slow,
  tooLarge,
  tooManyRequests,
  unavailable,
} from './faults.ts'
export type { Event } from '../core/event.ts'
