import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { RequestDispatcher } from '../../../src/broker/dispatch.js'
import type { Handler } from '../../../src/broker/handler.js'
import { type Clock, systemClock } from '../../../src/env/clock.js'
import { silentLogger } from '../../../src/env/logger.js'
import { systemNetwork } from '../../../src/env/network-node.js'
import { apis } from '../../../src/protocol/apis.js'
import { RequestHeader, requestHeaderVersion } from '../../../src/protocol/codec/headers.js'
import { encode } from '../../../src/protocol/codec/index.js'
import { DEFAULT_BOUNDS, type ServerLimits } from '../../../src/server/connection-limits.js'
import { SocketServer } from '../../../src/server/socket-server.js'
import type { Teardown } from '../../support/teardown.js'
import { until } from '../../support/until.js'

export const LIMITS: ServerLimits = {
  ...DEFAULT_BOUNDS,
  requestMaxBytes: 1024 * 1024,
  maxIdleMs: 600_000,
  maxConnections: 1000,
  maxConnectionsPerIp: 1000,
  maxConnectionsPerIpOverrides: new Map(),
}

export interface ServerUnderTest {
  readonly server: SocketServer
  readonly port: number
  client(): Promise<RawClient>
}

/** A server on a port of its own, with nothing behind it but these handlers. */
export async function serverWith(
  t: Teardown,
  handlers: readonly Handler[],
  limits: Partial<ServerLimits> = {},
  clock: Clock = systemClock,
): Promise<ServerUnderTest> {
  const server = new SocketServer({
    network: systemNetwork,
    clock,
    logger: silentLogger,
    limits: () => ({ ...LIMITS, ...limits }),
  })
  const { port } = await server.listen('PLAINTEXT', '127.0.0.1', 0)
  if (handlers.length > 0) {
    server.enableRequests(new RequestDispatcher({ handlers, logger: silentLogger }))
  }
  const clients: RawClient[] = []
  t.teardown(async () => {
    for (const client of clients) client.close()
    await server.close(0)
  })
  return {
    server,
    port,
    client: async () => {
      const client = await RawClient.connect(port)
      clients.push(client)
      return client
    },
  }
}

/** A request with its size, as it goes over the wire. */
export function requestFrame(
  apiKey: number,
  version: number,
  correlationId: number,
  body: object,
): Buffer {
  const { request } = apis.get(apiKey)!
  const header = encode(RequestHeader, requestHeaderVersion(apiKey, version), {
    requestApiKey: apiKey,
    requestApiVersion: version,
    correlationId,
    clientId: 'test',
  })
  return sized(Buffer.concat([...header, ...encode(request as never, version, body as never)]))
}

export function sized(body: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

/** A connection that sends bytes and takes what comes. */
export class RawClient {
  isClosed = false
  /** Answers without their sizes. */
  readonly frames: Buffer[] = []
  #incomplete = Buffer.alloc(0)

  static async connect(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1')
    const client = new RawClient(socket)
    await once(socket, 'connect')
    return client
  }

  private constructor(readonly socket: Socket) {
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => {
      this.isClosed = true
    })
    socket.on('data', (bytes: Buffer) => this.#received(bytes))
  }

  get correlationIds(): number[] {
    return this.frames.map((frame) => frame.readInt32BE(0))
  }

  send(...bytes: Buffer[]): void {
    this.socket.write(Buffer.concat(bytes))
  }

  async answers(count: number): Promise<number[]> {
    await until(() => this.frames.length >= count, `${count} answers`)
    return this.correlationIds
  }

  async closed(): Promise<void> {
    await until(() => this.isClosed, 'the connection to be closed')
  }

  close(): void {
    this.socket.destroy()
  }

  #received(bytes: Buffer): void {
    let rest = Buffer.concat([this.#incomplete, bytes])
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0)
      this.frames.push(rest.subarray(4, end))
      rest = rest.subarray(end)
    }
    this.#incomplete = rest
  }
}
