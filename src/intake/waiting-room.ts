/**
 * Bytes of bodies that are taken and not yet stored, of all requests together. What comes above the limit is refused
 * while it comes in, so that memory does not grow with what waits for a disk that is slow.
 */
export interface WaitingRoom {
  /** What one request has of it, nothing at first. */
  enter(): Visit
  /** How many bytes are there now. */
  bytes(): number
}

export interface Visit {
  /** Whether so many more bytes would fit. */
  hasRoomFor(bytes: number): boolean
  /** Counts so many more bytes; false, and not counted, where they do not fit. */
  take(bytes: number): boolean
  /** Gives back all that was taken. */
  leave(): void
}

export function createWaitingRoom(limit: number): WaitingRoom {
  let all = 0

  return {
    bytes: () => all,
    enter() {
      let own = 0
      const hasRoomFor = (bytes: number) => all + bytes <= limit
      return {
        hasRoomFor,
        take(bytes) {
          if (!hasRoomFor(bytes)) return false
          all += bytes
          own += bytes
          return true
        },
        leave() {
          all -= own
          own = 0
        },
      }
    },
  }
}
