import { networkInterfaces } from 'node:os'

const present = new Set(
  Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []),
)

/** Of 127.0.0.1 and ::1 those that this machine has; containers often lack the latter. */
export const LOOPBACK_ADDRESSES = ['127.0.0.1', '::1'].filter((address) => present.has(address))

export const hasIpv6 = LOOPBACK_ADDRESSES.includes('::1')
