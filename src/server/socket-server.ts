import type { RequestDispatcher } from '../broker/dispatch.js'
import type { Peer } from '../broker/handler.js'
import type { Clock, Timer } from '../env/clock.js'
import type { Logger } from '../env/logger.js'
import type { Network, NetworkAddress, NetworkListener, NetworkSocket } from '../env/network.js'
import { Connection, type ConnectionOwner } from './connection.js'
import type { ServerLimits } from './connection-limits.js'

/** Who everybody is who hasn't authenticated. */
const ANONYMOUS = 'User:ANONYMOUS'
/** Connections that may wait for another to be closed; further ones are closed at once. */
const MAX_WAITING = 50
const MIN_IDLE_CHECK_MS = 10

export interface SocketServerOptions {
  readonly network: Network
  /** The pacing one. */
  readonly clock: Clock
  readonly logger: Logger
  /** Asked anew for each connection, so that changes of the configuration take effect. */
  readonly limits: () => ServerLimits
}

interface Port {
  /** Name of the listener. */
  readonly listener: string
  readonly opened: NetworkListener
}

interface Waiting {
  readonly socket: NetworkSocket
  readonly listener: string
}

/** The open ports of a node and the connections to them (Kafka's `SocketServer`). */
export class SocketServer implements ConnectionOwner {
  readonly #options: SocketServerOptions
  readonly #ports: Port[] = []
  /** Those that were open, and are to be again. */
  readonly #suspended: Port[] = []
  readonly #connections = new Set<Connection>()
  readonly #perIp = new Map<string, number>()
  readonly #waiting: Waiting[] = []
  #limits: ServerLimits
  #nextNumber = 0
  #inFlightBytes = 0
  #incompleteBytes = 0
  #wasFull = false
  #idleTimer: Timer | undefined
  #whenClosed: (() => void) | undefined
  #dispatcher: RequestDispatcher | undefined
  #isClosed = false

  constructor(options: SocketServerOptions) {
    this.#options = options
    this.#limits = options.limits()
  }

  /** Asked for only once requests are begun. */
  get dispatcher(): RequestDispatcher {
    return this.#dispatcher!
  }

  get limits(): ServerLimits {
    return this.#limits
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /**
   * Opens a port. Requests wait until {@link enableRequests}.
   *
   * @param listener its name, e.g. `PLAINTEXT`
   * @returns where it listens
   * @throws NetworkError
   */
  async listen(listener: string, host: string, port: number): Promise<NetworkAddress> {
    const { network } = this.#options
    const opened = await network.listen(host, port, (socket) => this.#accept(socket, listener))
    this.#ports.push({ listener, opened })
    return opened.address
  }

  /** Closes a port again. */
  async unlisten({ host, port }: NetworkAddress): Promise<void> {
    const index = this.#ports.findIndex(
      ({ opened: { address } }) => address.host === host && address.port === port,
    )
    if (index >= 0) await this.#ports.splice(index, 1)[0]!.opened.close()
  }

  /** Closes the ports and every connection, until {@link resume}. What is under way is carried on. */
  async suspend(): Promise<void> {
    this.#suspended.push(...this.#ports.splice(0))
    for (const { socket } of this.#waiting.splice(0)) socket.destroy()
    await Promise.all(this.#suspended.map(({ opened }) => opened.close()))
    for (const connection of [...this.#connections]) connection.close()
  }

  /**
   * Opens the same ports again.
   *
   * @throws NetworkError when somebody else has one of them by now
   */
  async resume(): Promise<void> {
    for (const { listener, opened } of this.#suspended.splice(0)) {
      await this.listen(listener, opened.address.host, opened.address.port)
    }
  }

  /** Begins to answer, with what has come so far (Kafka's `enableRequestProcessing`). */
  enableRequests(dispatcher: RequestDispatcher): void {
    this.#dispatcher = dispatcher
    for (const connection of [...this.#connections]) connection.advance()
  }

  /**
   * Takes no more connections or requests, and closes each connection when the requests that were
   * begun on it are answered; after `graceMs` all that are left.
   */
  async close(graceMs: number): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#idleTimer?.cancel()
    for (const { socket } of this.#waiting.splice(0)) socket.destroy()
    await Promise.all(this.#ports.map(({ opened }) => opened.close()))
    for (const connection of [...this.#connections]) connection.finish()
    if (this.#connections.size === 0) return
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(graceMs, () => {
        for (const connection of [...this.#connections]) connection.close()
      })
      this.#whenClosed = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  now(): number {
    return this.#options.clock.now()
  }

  after(delayMs: number, action: () => void): Timer {
    return this.#options.clock.after(delayMs, action)
  }

  inFlightBytesChanged(bytes: number): void {
    this.#inFlightBytes += bytes
    if (!this.#wasFull || this.isHolding()) return
    this.#wasFull = false
    for (const connection of [...this.#connections]) connection.advance()
  }

  isHolding(): boolean {
    if (this.#dispatcher === undefined) return true
    if (this.#inFlightBytes < this.#limits.queuedMaxRequestBytes) return false
    this.#wasFull = true
    return true
  }

  incompleteBytesChanged(bytes: number): void {
    this.#incompleteBytes += bytes
    while (this.#incompleteBytes > this.#limits.maxIncompleteBytes) {
      let largest: Connection | undefined
      for (const connection of this.#connections) {
        if (connection.incompleteBytes > (largest?.incompleteBytes ?? 0)) largest = connection
      }
      if (largest === undefined) return
      if (this.#incompleteBytes - largest.incompleteBytes <= this.#limits.maxIncompleteBytes) return
      this.refused(largest, 'incomplete requests take up too much memory, and it holds the most')
      largest.close()
    }
  }

  closed(connection: Connection): void {
    if (!this.#connections.delete(connection)) return
    const { clientAddress } = connection.peer
    const left = (this.#perIp.get(clientAddress) ?? 1) - 1
    if (left === 0) this.#perIp.delete(clientAddress)
    else this.#perIp.set(clientAddress, left)
    if (this.#connections.size === 0) this.#whenClosed?.()
    const next = this.#waiting.shift()
    if (next !== undefined) this.#accept(next.socket, next.listener)
  }

  refused(connection: Connection, reason: string): void {
    const { connectionId } = connection.peer
    this.#options.logger.warn({ connectionId, reason }, 'closing a connection')
  }

  #accept(socket: NetworkSocket, listener: string): void {
    this.#limits = this.#options.limits()
    const { maxConnections, maxConnectionsPerIp, maxConnectionsPerIpOverrides } = this.#limits
    const ip = socket.remote.host
    const ofIp = this.#perIp.get(ip) ?? 0
    if (this.#isClosed || ofIp >= (maxConnectionsPerIpOverrides.get(ip) ?? maxConnectionsPerIp)) {
      socket.destroy()
      return
    }
    if (this.#connections.size >= maxConnections) {
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push({ socket, listener })
      else socket.destroy()
      return
    }
    this.#perIp.set(ip, ofIp + 1)
    const connection = new Connection(this.#peerOf(socket, listener), socket, this)
    this.#connections.add(connection)
    this.#watchIdle()
    connection.start()
  }

  #peerOf({ local, remote }: NetworkSocket, listener: string): Peer {
    const number = this.#nextNumber++
    return {
      connectionId: `${local.host}:${local.port}-${remote.host}:${remote.port}-${number}`,
      listener,
      principal: ANONYMOUS,
      clientAddress: remote.host,
      clientPort: remote.port,
      localAddress: local.host,
      localPort: local.port,
      clientSoftwareName: 'unknown',
      clientSoftwareVersion: 'unknown',
      closeListeners: new Set(),
    }
  }

  /** Sees to it that a timer runs while there are connections; it follows the oldest of them. */
  #watchIdle(): void {
    if (this.#idleTimer !== undefined || this.#limits.maxIdleMs < 0) return
    const now = this.now()
    let oldest = now
    for (const { lastActiveMs } of this.#connections) oldest = Math.min(oldest, lastActiveMs)
    const delayMs = Math.max(MIN_IDLE_CHECK_MS, oldest + this.#limits.maxIdleMs - now)
    this.#idleTimer = this.#options.clock.after(delayMs, () => this.#closeIdle())
  }

  #closeIdle(): void {
    this.#idleTimer = undefined
    const deadline = this.now() - this.#limits.maxIdleMs
    for (const connection of [...this.#connections]) {
      if (connection.lastActiveMs <= deadline) connection.close()
    }
    if (this.#connections.size > 0 && !this.#isClosed) this.#watchIdle()
  }
}
