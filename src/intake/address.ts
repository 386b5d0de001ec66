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

/** An IPv4 address that reached an IPv6 socket is an IPv4 address. */
export const plainAddress = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '')
