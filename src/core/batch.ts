import type { QueuedEvent } from './queue.ts'

/** EventGate refuses bodies over 100 kB; Chromium lets 64 KiB be in flight when a page goes. */
export const BATCH_BYTES = 60_000

/**
 * The first events that are meant, of the destination of the first, `most` at most, and fit into `room` as a JSON array;
 * where all of a batch's room is free, at least one. Looks no further than it has to.
 */
export function fitting(
  events: Iterable<QueuedEvent>,
  room = BATCH_BYTES,
  most = Infinity,
  isMeant: (event: QueuedEvent) => boolean = () => true,
): QueuedEvent[] {
  const batch: QueuedEvent[] = []
  let left = room - 1
  for (const event of events) {
    if (batch.length >= most || (batch[0] ?? event).url !== event.url) break
    if (!isMeant(event)) continue
    left -= event.bytes + 1
    if (left < 0 && (batch.length || room < BATCH_BYTES)) break
    batch.push(event)
  }
  return batch
}

/** Of one priority, whichever came first stays first. */
export function byPriority(a: QueuedEvent, b: QueuedEvent): number {
  return (a.priority || 0) - (b.priority || 0)
}

const NOT_ASCII = /[\u0080-\uffff]/

/** Length in UTF-8. JSON holds no lone surrogate, so each half of a pair stands for two of its four bytes. */
export function byteLength(json: string): number {
  let bytes = json.length
  // Most are ASCII, and this is the quicker way to know.
  if (!NOT_ASCII.test(json)) return bytes
  for (let i = 0; i < json.length; i++) {
    const unit = json.charCodeAt(i)
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit & 0xf800) !== 0xd800 ? 2 : 1
  }
  return bytes
}
