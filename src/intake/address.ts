import { BlockList, isIP } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether an IP address is this machine's own, which no other machine reaches. */
export function isLoopback(address: string): boolean {
  const plain = plainAddress(address)
  const family = isIP(plain)
  return family !== 0 && LOOPBACK.check(plain, family === 6 ? 'ipv6' : 'ipv4')
}

/** Whose requests count together: an IPv4 address, or the network of an IPv6 one, of which each host has 2^64. */
export function subscriberOf(address: string): string {
  const plain = plainAddress(address)
  if (isIP(plain) !== 6) return plain
  const [head = '', tail = ''] = plain.split('%')[0]!.split('::')
  const left = head.split(':').filter(Boolean)
  const right = tail.split(':').filter(Boolean)
  const zeros = plain.includes('::') ? Array(Math.max(0, 8 - left.length - right.length)).fill('0') : []
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`
}

/** Counts what addresses have open, each for itself. */
export interface PerAddress {
  /** False where the address has as many as it may have. */
  enter(address: string): boolean
  leave(address: string): void
}

/** So many of each; those that `isFree` names, of this machine by default, have no limit. */
export function createPerAddress(most: number, isFree = isLoopback): PerAddress {
  const counts = new Map<string, number>()
  return {
    enter(address) {
      if (isFree(address)) return true
      const subscriber = subscriberOf(address)
      const count = counts.get(subscriber) ?? 0
      if (count >= most) return false
      counts.set(subscriber, count + 1)
      return true
    },
    leave(address) {
      if (isFree(address)) return
      const subscriber = subscriberOf(address)
      const count = counts.get(subscriber) ?? 0
      if (count > 1) counts.set(subscriber, count - 1)
      else counts.delete(subscriber)
    },
  }
}

/** An IPv4 address that reached an IPv6 socket is an IPv4 address. */
const plainAddress = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '')
