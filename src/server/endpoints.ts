import { type NetworkAddress, NetworkError } from '../env/network.js'
import type { Endpoint } from '../metadata/cluster.js'
import type { BrokerConfig } from '../metadata/config/broker-config.js'
import { type Listener, SecurityProtocol } from '../metadata/config/listeners.js'
import type { SocketServer } from './socket-server.js'

const LOCALHOST = 'localhost'
const LOOPBACK = { ipv4: '127.0.0.1', ipv6: '::1' } as const
/** Ports that the system may choose until one is free on both loopback addresses. */
const MAX_PORT_CHOICES = 20
/** There is no such address on this machine: it has no IPv6, say. */
const ABSENT = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'])

/** What stands in the way of a listener: its port is taken, its address isn't ours, and so on. */
export class ListenerError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ListenerError'
  }
}

/**
 * Opens the broker's listeners.
 *
 * @param hostName what is advertised for a listener on every interface
 * @returns what is to be advertised, with the ports that are open
 * @throws ListenerError
 */
export async function openListeners(
  server: SocketServer,
  config: BrokerConfig,
  hostName: string,
): Promise<Endpoint[]> {
  const opened = new Map<string, NetworkAddress>()
  for (const listener of config.brokerListeners) {
    opened.set(listener.name, await open(server, listener))
  }
  return config.advertisedBrokerListeners.map(({ name, securityProtocol, host, port }) => ({
    name,
    host: host ?? hostName,
    port: port === 0 ? opened.get(name)!.port : port,
    securityProtocol: SecurityProtocol[securityProtocol],
  }))
}

/** `host:port`, with an IPv6 address in brackets. */
export function addressText({ host, port }: { host: string; port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

async function open(server: SocketServer, listener: Listener): Promise<NetworkAddress> {
  const { name, host, port } = listener
  try {
    if (host?.toLowerCase() === LOCALHOST) return await openLoopback(server, name, port)
    return await server.listen(name, host ?? '', port)
  } catch (error) {
    throw error instanceof NetworkError ? listenerError(listener, error) : error
  }
}

/** Clients find either address of `localhost` first, so both are open, on the same port. */
async function openLoopback(
  server: SocketServer,
  name: string,
  port: number,
): Promise<NetworkAddress> {
  for (let choice = 1; ; choice++) {
    const address = await server.listen(name, LOOPBACK.ipv4, port)
    try {
      await server.listen(name, LOOPBACK.ipv6, address.port)
      return address
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error
      if (ABSENT.has(error.code)) return address
      if (port !== 0 || error.code !== 'EADDRINUSE' || choice === MAX_PORT_CHOICES) throw error
      await server.unlisten(address)
    }
  }
}

function listenerError({ name, host, port }: Listener, cause: NetworkError): ListenerError {
  const where = addressText({ host: host ?? '0.0.0.0', port })
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} is in use`,
    EACCES: `port ${port} needs more rights than this user has`,
    EADDRNOTAVAIL: `${host} is not an address of this machine`,
    ENOTFOUND: `${host} is not known`,
  }
  const reason = reasons[cause.code] ?? cause.message
  return new ListenerError(`cannot listen on ${where} (${name}): ${reason}`, { cause })
}
