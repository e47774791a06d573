import net from 'node:net'
import { nextTick } from './machine-time.js'
import {
  type Network,
  type NetworkAddress,
  NetworkError,
  type NetworkListener,
  type NetworkSocket,
  type SocketListener,
} from './network.js'

const LISTEN_BACKLOG = 511
const MAPPED_IPV4 = '::ffff:'

function networkError(cause: NodeJS.ErrnoException): NetworkError {
  return new NetworkError(cause.code ?? 'EIO', cause.message, { cause })
}

/** An IPv4 peer of a port that is open for both versions, as the peer itself would say it. */
const plain = (address = ''): string =>
  address.startsWith(MAPPED_IPV4) ? address.slice(MAPPED_IPV4.length) : address

class NodeSocket implements NetworkSocket {
  readonly remote: NetworkAddress
  readonly local: NetworkAddress
  #isCorked = false
  readonly #uncork = (): void => {
    this.#isCorked = false
    this.socket.uncork()
  }

  constructor(private readonly socket: net.Socket) {
    this.remote = { host: plain(socket.remoteAddress), port: socket.remotePort ?? 0 }
    this.local = { host: plain(socket.localAddress), port: socket.localPort ?? 0 }
    socket.setNoDelay(true)
    socket.setKeepAlive(true)
    // 'close' follows, and says all there is to know.
    socket.on('error', () => {})
  }

  get queuedBytes(): number {
    return this.socket.writableLength
  }

  start(listener: SocketListener): void {
    this.socket.on('data', (bytes: Buffer) => listener.onData(bytes))
    this.socket.on('drain', () => listener.onDrain())
    this.socket.on('close', () => listener.onClose())
    if (this.socket.destroyed) listener.onClose()
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  write(buffers: readonly Buffer[], done?: () => void): void {
    if (!this.#isCorked) {
      this.#isCorked = true
      this.socket.cork()
      nextTick(this.#uncork)
    }
    const last = buffers.length - 1
    for (let i = 0; i < last; i++) this.socket.write(buffers[i]!)
    if (last >= 0) this.socket.write(buffers[last]!, done)
    else done?.()
  }

  end(): void {
    this.socket.end()
  }

  destroy(): void {
    this.socket.destroy()
  }
}

/** The machine's network: TCP. */
export const systemNetwork: Network = {
  listen(host, port, onConnection) {
    return new Promise((resolve, reject) => {
      const server = net.createServer({ noDelay: true }, (socket) => {
        onConnection(new NodeSocket(socket))
      })
      server.once('error', (error) => reject(networkError(error)))
      const options = { port, backlog: LISTEN_BACKLOG, ...(host === '' ? {} : { host }) }
      server.listen(options, () => {
        server.on('error', () => {})
        resolve(listenerOf(server))
      })
    })
  },

  connect(host, port) {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ host, port, noDelay: true })
      socket.once('error', (error) => reject(networkError(error)))
      socket.once('connect', () => resolve(new NodeSocket(socket)))
    })
  },
}

function listenerOf(server: net.Server): NetworkListener {
  const { address, port } = server.address() as net.AddressInfo
  return {
    address: { host: address, port },
    // The callback comes when the last connection has ended; to take no more of them works at once.
    close: () => {
      server.close()
      return Promise.resolve()
    },
  }
}
