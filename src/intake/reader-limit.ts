import { createPerAddress } from './address.ts'

/** Lets so many read at a time, in all and of one address beyond this machine. */
export interface ReaderLimit {
  /** What the reader calls when it leaves; undefined where there is no place for it. */
  enter(address: string): (() => void) | undefined
}

export function createReaderLimit({ most, mostEach }: { most: number; mostEach: number }): ReaderLimit {
  const perAddress = createPerAddress(mostEach)
  let all = 0

  return {
    enter(address) {
      if (all >= most || !perAddress.enter(address)) return undefined
      all += 1
      return () => {
        all -= 1
        perAddress.leave(address)
      }
    },
  }
}
