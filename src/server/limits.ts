import type { BrokerConfig } from '../metadata/config/broker-config.js'
import { DEFAULT_BOUNDS, parseIpOverrides, type ServerLimits } from './connection-limits.js'

/** What a broker's configuration says of its connections. */
export function serverLimits(config: BrokerConfig): ServerLimits {
  const queuedMaxRequestBytes = config.get('queued.max.request.bytes')
  return {
    ...DEFAULT_BOUNDS,
    requestMaxBytes: config.get('socket.request.max.bytes'),
    maxIdleMs: config.get('connections.max.idle.ms'),
    maxConnections: config.get('max.connections'),
    maxConnectionsPerIp: config.get('max.connections.per.ip'),
    maxConnectionsPerIpOverrides: parseIpOverrides(config.get('max.connections.per.ip.overrides')),
    ...(queuedMaxRequestBytes > 0 ? { queuedMaxRequestBytes } : {}),
  }
}
