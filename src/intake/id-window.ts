import { createHash, getRandomValues } from 'node:crypto'

/**
 * Of the newest ids, as many as it has room for, it is known whether they were added; for each that comes then, the
 * oldest falls out. Takes 16 bytes an id that it knows, and 8 to 16 more for each that it has room for.
 */
export interface IdWindow {
  has(id: string): boolean
  /** Adds an id that it does not have. */
  add(id: string): void
  /** The numbers of those that are known: each that is added gets the next, `to`. */
  known(): IdRange
  /** Of the known ids from this number on, 16 bytes each, in a copy. */
  keysFrom(number: number): Uint32Array
  /** Takes the ids that `keysFrom` gave, of these numbers, before it is given others. */
  restore(from: number, keys: Uint32Array): void
}

/** The numbers of ids that were added one after another; `to` is not among them. */
export interface IdRange {
  readonly from: number
  readonly to: number
}

/** Of an id, in words of 32 bits. */
const WORDS = 4

export function createIdWindow(size: number): IdWindow {
  /** A ring: the id of number n is at n modulo the size. The system gives its memory as it is written to. */
  const ring = new Uint32Array(size * WORDS)
  /** An open hash table of places in the ring, counted from 1 on: 0 is free. At most half of it is taken. */
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * size)))
  const mask = slots.length - 1
  // Whoever sends events chooses their ids, and must not be able to choose some that meet in one slot.
  const [seed0, seed1, seed2, seed3] = getRandomValues(new Uint32Array(WORDS))
  const key = new Uint32Array(WORDS)
  let first = 0
  let count = 0

  return {
    has(id) {
      readKey(id, key)
      return slots[slotOf(key, 0)] !== 0
    },
    add(id) {
      readKey(id, key)
      addKey(key, 0)
    },
    known: () => ({ from: Math.max(first, count - size), to: count }),
    keysFrom(from) {
      const keys = new Uint32Array((count - from) * WORDS)
      for (let each = from; each < count; ) {
        const place = each % size
        const together = Math.min(size - place, count - each)
        keys.set(ring.subarray(place * WORDS, (place + together) * WORDS), (each - from) * WORDS)
        each += together
      }
      return keys
    },
    restore(from, keys) {
      if (count === first) count = first = from
      for (let offset = 0; offset < keys.length; offset += WORDS) addKey(keys, offset)
    },
  }

  function addKey(keys: Uint32Array, offset: number): void {
    const place = count % size
    if (isTaken(place)) free(slotOf(ring, place * WORDS))
    for (let word = 0; word < WORDS; word++) ring[place * WORDS + word] = keys[offset + word]!
    slots[slotOf(keys, offset)] = place + 1
    count += 1
  }

  /** An id of all zeros is none that `readKey` makes. */
  function isTaken(place: number): boolean {
    return ring[place * WORDS + 2] !== 0
  }

  /** Where an id stands, or would. */
  function slotOf(keys: Uint32Array, offset: number): number {
    let slot = homeOf(keys, offset)
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const other = (slots[slot]! - 1) * WORDS
      if (
        ring[other] === keys[offset] &&
        ring[other + 1] === keys[offset + 1] &&
        ring[other + 2] === keys[offset + 2] &&
        ring[other + 3] === keys[offset + 3]
      )
        break
    }
    return slot
  }

  function homeOf(keys: Uint32Array, offset: number): number {
    let hash = mixed(keys[offset]! ^ seed0!)
    hash = mixed(hash ^ keys[offset + 1]! ^ seed1!)
    hash = mixed(hash ^ keys[offset + 2]! ^ seed2!)
    return mixed(hash ^ keys[offset + 3]! ^ seed3!) & mask
  }

  /** What stands behind it moves up, unless it is at home there: a search ends at a free slot. */
  function free(slot: number): void {
    let hole = slot
    for (let next = (slot + 1) & mask; slots[next] !== 0; next = (next + 1) & mask) {
      const home = homeOf(ring, (slots[next]! - 1) * WORDS)
      if (((next - home) & mask) < ((next - hole) & mask)) continue
      slots[hole] = slots[next]!
      hole = next
    }
    slots[hole] = 0
  }
}

function mixed(bits: number): number {
  const once = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return twice ^ (twice >>> 16)
}

/** Of a UUID its own 128 bits, of anything else a hash, which differs from every UUID in the two bits of the variant. */
function readKey(id: string, key: Uint32Array): void {
  if (readUuid(id, key)) return
  // As UTF-16, since UTF-8 has but one form for all surrogates that stand alone.
  const digest = createHash('sha256').update(Buffer.from(id, 'utf16le')).digest()
  for (let word = 0; word < WORDS; word++) key[word] = digest.readUInt32LE(4 * word)
  key[2] = key[2]! | 0xc0000000
}

/** False where it is none, or not in the one form in which we take it as it is: in small letters, of variant 10. */
function readUuid(id: string, key: Uint32Array): boolean {
  if (id.length !== 36) return false
  let word = 0
  let digits = 0
  for (let index = 0; index < 36; index++) {
    const code = id.charCodeAt(index)
    if (index === 8 || index === 13 || index === 18 || index === 23) {
      if (code !== 45) return false
      continue
    }
    const digit = code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : -1
    if (digit < 0) return false
    word = (word << 4) | digit
    digits += 1
    if (digits % 8 === 0) key[digits / 8 - 1] = word
  }
  return key[2]! >>> 30 === 2
}
