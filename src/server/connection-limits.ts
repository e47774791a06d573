import type { BrokerConfig } from '../metadata/config/broker-config.js'

/** What bounds a server's connections and what they take up. Kafka's configurations where named. */
export interface ServerLimits {
  /** `socket.request.max.bytes`: a larger request closes its connection. */
  readonly requestMaxBytes: number
  /** `connections.max.idle.ms`: a connection on which nothing comes or goes for so long is closed. */
  readonly maxIdleMs: number
  /** `max.connections`: further ones wait until another is closed. */
  readonly maxConnections: number
  /** `max.connections.per.ip`: further ones are closed at once. */
  readonly maxConnectionsPerIp: number
  /** `max.connections.per.ip.overrides`, by address. */
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>
  /**
   * `queued.max.request.bytes`: with so many bytes of requests under way, nothing more is read until
   * some are answered.
   */
  readonly queuedMaxRequestBytes: number
  /**
   * Bytes of requests that have begun to come but aren't complete, of all connections together but
   * for the one that holds most of them, which {@link requestMaxBytes} bounds. Beyond, that one is
   * closed.
   */
  readonly maxIncompleteBytes: number
  /** Requests of one connection that may be under way at a time. */
  readonly maxInFlight: number
  /**
   * Bytes of complete requests of one connection that wait for those before them, from which on it
   * isn't read.
   */
  readonly maxQueuedBytes: number
  /** Unsent bytes of answers on one connection from which on its requests wait. */
  readonly maxUnsentBytes: number
}

/** Bounds that Kafka leaves open, or to the size of its heap. */
export const DEFAULT_BOUNDS = {
  queuedMaxRequestBytes: 64 * 1024 * 1024,
  maxIncompleteBytes: 64 * 1024 * 1024,
  maxInFlight: 64,
  maxQueuedBytes: 64 * 1024,
  maxUnsentBytes: 1024 * 1024,
} as const

/** `max.connections.per.ip.overrides`: `127.0.0.1:5,10.0.0.9:100`. */
export function parseIpOverrides(text: string): Map<string, number> {
  const entries = text.split(',').filter((entry) => entry.trim() !== '')
  return new Map(
    entries.map((entry) => {
      const colon = entry.lastIndexOf(':')
      return [entry.slice(0, colon).trim(), Number(entry.slice(colon + 1))]
    }),
  )
}

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
