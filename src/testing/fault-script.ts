import { accepting, type Fault } from './faults.ts'

/** How long a fault lasts; without either, until the next `fault`, `script` or `heal`. */
export interface FaultLimits {
  /** For as many requests. */
  readonly times?: number
  /** For as many milliseconds, from the first request on. */
  readonly ms?: number
}

/** What is to become of requests. */
export interface Faults {
  /** From now on this becomes of requests, in place of earlier faults. */
  fault(fault: Fault, limits?: FaultLimits): void
  /** This becomes of the next requests, one fault for each, in place of earlier faults; then all is well. */
  script(faults: readonly Fault[]): void
  /** All is well again. Requests that hang go on hanging. */
  heal(): void
}

interface Scripted extends Required<FaultLimits> {
  readonly fault: Fault
  /** When it is over, once the first request has come. */
  readonly end?: number
}

/** Faults, and which of them is the next request's. */
export function createFaultScript({ now }: { now(): number }): Faults & { next(): Fault } {
  const forever = { times: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY }
  let scripted: readonly Scripted[] = []

  return {
    fault: (fault, limits = {}) => {
      scripted = [{ ...forever, ...limits, fault }]
    },
    script: (faults) => {
      scripted = faults.map((fault) => ({ ...forever, fault, times: 1 }))
    },
    heal: () => {
      scripted = []
    },
    next: () => {
      const [first, ...others] = scripted.filter(({ times, end = now() + 1 }) => times > 0 && now() < end)
      scripted = first
        ? [{ ...first, times: first.times - 1, end: first.end ?? now() + first.ms }, ...others]
        : []
      return first?.fault ?? accepting()
    },
  }
}
