import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type {
  HttpHandler,
  HttpLimits,
  HttpListener,
  HttpNetwork,
  HttpRefusal,
  HttpRequest,
  HttpResponse,
} from './http.js'
import { NetworkError } from './network.js'

const LOOPBACK = { ipv4: '127.0.0.1', ipv6: '::1' } as const
/** Ports that the system may choose until one is free on both addresses. */
const MAX_PORT_CHOICES = 20
/** There is no such address on this machine. */
const ABSENT = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'])
const MAX_HEADER_BYTES = 16 * 1024
const KEEP_ALIVE_MS = 5000
/** How often it is looked whether a request takes too long. */
const CHECK_INTERVAL_MS = 1000
const REASONS: Readonly<Record<string, HttpRefusal>> = {
  HPE_HEADER_OVERFLOW: 'headersTooLarge',
  ERR_HTTP_REQUEST_TIMEOUT: 'tooSlow',
}

/** Requests under way on both addresses, and what their bodies take up. */
class Held {
  requests = 0
  bytes = 0
}

type Http = typeof import('node:http')

class LoopbackServer {
  readonly server: Server

  constructor(
    http: Http,
    private readonly handler: HttpHandler,
    private readonly limits: HttpLimits,
    private readonly held: Held,
  ) {
    this.server = http.createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: limits.requestTimeoutMs,
        requestTimeout: limits.requestTimeoutMs,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, limits.requestTimeoutMs),
        // Who sends none is answered as all others are.
        requireHostHeader: false,
      },
      (request, response) => this.#take(request, response),
    )
    this.server.maxConnections = limits.maxConnections
    // What is expected beside 100-continue may be left unmet (RFC 9110, 10.1.1).
    this.server.on('checkExpectation', (request, response) => this.#take(request, response))
    // Each request that is under way has one; how many there are is bounded.
    this.server.on('connection', (socket: Socket) => socket.setMaxListeners(0))
    this.server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      const refusal = REASONS[error.code ?? ''] ?? 'malformed'
      this.#refuseConnection(socket, error.code === 'ECONNRESET' ? undefined : refusal)
    })
  }

  listen(host: string, port: number): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      this.server.once('error', (cause: NodeJS.ErrnoException) => {
        reject(new NetworkError(cause.code ?? 'EIO', cause.message, { cause }))
      })
      this.server.listen(port, host, () => {
        this.server.on('error', () => {})
        resolve(this.server.address() as AddressInfo)
      })
    })
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve())
      this.server.closeAllConnections()
    })
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    // What becomes of the connection is told by 'close'.
    request.on('error', () => {})
    response.on('error', () => {})
    const head = {
      method: request.method ?? '',
      target: request.url ?? '',
      headers: headersOf(request),
    }
    const { held, handler, limits } = this
    const isFull = held.requests >= limits.maxRequests || held.bytes >= limits.maxHeldBytes
    const refused = isFull ? handler.refuse('tooMany') : handler.admit(head)
    // Node skips the body before the connection's next request.
    if (refused !== undefined) {
      send(response, refused)
      return
    }
    if (Number(head.headers['content-length'] ?? 0) > limits.maxBodyBytes) {
      send(response, handler.refuse('bodyTooLarge'))
      return
    }
    this.#collect(request, response, async (body, onAbandoned) => {
      send(response, await handler.answer({ ...head, body, onAbandoned }))
    })
  }

  #collect(
    request: IncomingMessage,
    response: ServerResponse,
    whole: (body: Buffer, onAbandoned: HttpRequest['onAbandoned']) => Promise<void>,
  ): void {
    const { held, handler, limits } = this
    const pieces: Buffer[] = []
    const abandoned: (() => void)[] = []
    let bytes = 0
    let isOver = false
    held.requests++
    const end = (): void => {
      response.off('close', end)
      request.socket.off('close', end)
      held.requests--
      held.bytes -= bytes
      for (const listener of abandoned) listener()
    }
    response.once('close', end)
    // A response whose turn hasn't come on its connection doesn't hear of it.
    request.socket.once('close', end)
    request.on('data', (piece: Buffer) => {
      if (isOver) return
      if (bytes + piece.length > limits.maxBodyBytes) {
        isOver = true
        pieces.length = 0
        send(response, handler.refuse('bodyTooLarge'))
        return
      }
      bytes += piece.length
      held.bytes += piece.length
      pieces.push(piece)
    })
    request.on('end', () => {
      if (!isOver) void whole(Buffer.concat(pieces), (listener) => abandoned.push(listener))
    })
  }

  /** There is no request to answer: what is said goes straight to the connection. */
  #refuseConnection(socket: Socket, refusal: HttpRefusal | undefined): void {
    if (refusal === undefined || !socket.writable || socket.bytesWritten > 0) {
      socket.destroy()
      return
    }
    const { status, headers, body } = this.handler.refuse(refusal)
    const lines = Object.entries({ ...headers, connection: 'close' })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')
    const length = Buffer.byteLength(body)
    socket.end(`HTTP/1.1 ${status} Refused\r\n${lines}content-length: ${length}\r\n\r\n${body}`)
    // Who doesn't read the answer doesn't hold the connection either.
    socket.destroySoon()
  }
}

function headersOf({ headersDistinct }: IncomingMessage): HttpRequest['headers'] {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values]) => [name, values?.join(', ')]),
  )
}

function send(response: ServerResponse, { status, headers, body }: HttpResponse): void {
  if (response.destroyed || response.headersSent) return
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

/** Node's HTTP server. It is loaded when it is first asked for. */
export const systemHttp: HttpNetwork = {
  async listenOnLoopback(port, handler, limits) {
    const http = await import('node:http')
    const held = new Held()
    for (let choice = 1; ; choice++) {
      const first = new LoopbackServer(http, handler, limits, held)
      const { address, port: opened } = await first.listen(LOOPBACK.ipv4, port)
      const second = new LoopbackServer(http, handler, limits, held)
      try {
        await second.listen(LOOPBACK.ipv6, opened)
        return listenerOf(address, opened, [first, second])
      } catch (error) {
        if (error instanceof NetworkError && ABSENT.has(error.code)) {
          return listenerOf(address, opened, [first])
        }
        await first.close()
        const isTaken = error instanceof NetworkError && error.code === 'EADDRINUSE'
        if (port !== 0 || !isTaken || choice === MAX_PORT_CHOICES) throw error
      }
    }
  },
}

function listenerOf(host: string, port: number, servers: readonly LoopbackServer[]): HttpListener {
  return {
    address: { host, port },
    close: async () => {
      await Promise.all(servers.map((server) => server.close()))
    },
  }
}
