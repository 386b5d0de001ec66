export { createDrivenTime, type DrivenTime, type Time } from './driven-time.ts'
export { expectNotSubmitted, expectNothingDropped, expectSubmitted } from './expectations.ts'
export type { FaultLimits, Faults } from './fault-script.ts'
export {
  accepting,
  answerLost,
  captivePortal,
  cut,
  type Fault,
  hang,
  internalError,
  malformed,
  notFound,
  rejecting,
  slow,
  tooLarge,
  tooManyRequests,
  unavailable,
} from './faults.ts'
export type { Matcher, Matching } from './matching.ts'
export type { MemoryIntake, Post, Rejected } from './memory-intake.ts'
export {
  createRecordingClient,
  type DroppedEvent,
  type RecordingClient,
  type RecordingClientOptions,
  type SubmittedData,
  type SubmittedEvent,
} from './recording-client.ts'
export type { DropReason, Event, Outcome, Problem } from '../core/event.ts'
