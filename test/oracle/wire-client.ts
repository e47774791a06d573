import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { apis } from '../../src/protocol/apis.js'
import {
  RequestHeader,
  ResponseHeader,
  requestHeaderVersion,
  responseHeaderVersion,
} from '../../src/protocol/codec/headers.js'
import { decode, encode } from '../../src/protocol/codec/index.js'

/** What a broker did with a request: the decoded body, or that it hung up, or that it said nothing. */
export type Answer =
  | { readonly kind: 'response'; readonly body: Record<string, unknown>; readonly bytes: Buffer }
  | { readonly kind: 'closed' }
  | { readonly kind: 'silence' }

export interface SendOptions {
  readonly clientId?: string | null
  /** The request is sent with this version in its header, whatever the body was encoded as. */
  readonly headerApiVersion?: number
  /** How long silence is waited out, in milliseconds. */
  readonly timeoutMs?: number
}

/** One raw connection that speaks the protocol with no client logic of its own. */
export class WireClient {
  #socket: Socket | undefined
  #buffered = Buffer.alloc(0)
  #closed = false
  #wake: () => void = () => {}
  #correlationId = 0

  /** @param bootstrapServers `host:port` */
  static to(bootstrapServers: string): WireClient {
    return new WireClient(...splitAddress(bootstrapServers))
  }

  constructor(
    private readonly host: string,
    private readonly port: number,
  ) {}

  /** Sends `body` (fields with defaults may be left out) as `apiKey` in `version`. */
  async send(
    apiKey: number,
    version: number,
    body: object,
    options: SendOptions = {},
  ): Promise<Answer> {
    const api = apis.get(apiKey)
    if (!api) throw new Error(`no API ${apiKey}`)
    const chunks = encode(api.request as never, version, body as never)
    return this.sendBytes(apiKey, version, chunks, options)
  }

  /** As {@link send}, with a body that is already encoded (or broken on purpose). */
  async sendBytes(
    apiKey: number,
    version: number,
    body: Buffer[],
    { clientId = 'oracle', headerApiVersion = version, timeoutMs = 15_000 }: SendOptions = {},
  ): Promise<Answer> {
    const correlationId = ++this.#correlationId
    const header = encode(RequestHeader, requestHeaderVersion(apiKey, version), {
      requestApiKey: apiKey,
      requestApiVersion: headerApiVersion,
      correlationId,
      clientId,
    })
    await this.write(frame([...header, ...body]))
    const response = await this.readFrame(timeoutMs)
    if (!Buffer.isBuffer(response)) return response
    return decodeResponse(apiKey, headerApiVersion, version, correlationId, response)
  }

  /** Writes bytes as they are, connecting first where needed. */
  async write(bytes: Buffer): Promise<void> {
    const socket = await this.#connected()
    socket.write(bytes)
  }

  /** The next frame without its size, or how the connection ended instead. */
  async readFrame(timeoutMs: number): Promise<Buffer | Answer> {
    const deadline = Date.now() + timeoutMs
    for (;;) {
      if (this.#buffered.length >= 4) {
        const size = this.#buffered.readInt32BE(0)
        if (this.#buffered.length >= 4 + size) {
          const body = Buffer.from(this.#buffered.subarray(4, 4 + size))
          this.#buffered = this.#buffered.subarray(4 + size)
          return body
        }
      }
      if (this.#closed) {
        this.#socket = undefined
        return { kind: 'closed' }
      }
      const leftMs = deadline - Date.now()
      if (leftMs <= 0) {
        // A late answer must not be taken for the next request's.
        this.close()
        return { kind: 'silence' }
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  async #connected(): Promise<Socket> {
    if (this.#socket && !this.#closed) return this.#socket
    const socket = connect(this.port, this.host)
    this.#socket = socket
    this.#closed = false
    this.#buffered = Buffer.alloc(0)
    socket.setNoDelay(true)
    socket.on('data', (chunk) => {
      this.#buffered = Buffer.concat([this.#buffered, chunk])
      this.#wake()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      if (this.#socket === socket) this.#closed = true
      this.#wake()
    })
    await once(socket, 'connect')
    return socket
  }
}

/** A request or response with its four-byte size before it. */
export function frame(chunks: Buffer[]): Buffer {
  const body = Buffer.concat(chunks)
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

function decodeResponse(
  apiKey: number,
  sentVersion: number,
  version: number,
  correlationId: number,
  response: Buffer,
): Answer {
  const api = apis.get(apiKey)
  if (!api) throw new Error(`no API ${apiKey}`)
  const header = decode(ResponseHeader, responseHeaderVersion(apiKey, version), response)
  if (header.value.correlationId !== correlationId) {
    throw new Error(`answer ${header.value.correlationId} to request ${correlationId}`)
  }
  // An ApiVersions request of a version the broker lacks is answered in version 0 (KIP-511).
  const bodyVersion = apiKey === 18 && sentVersion !== version ? 0 : version
  const bytes = response.subarray(header.end)
  const body = decode(api.response as never, bodyVersion, response, header.end)
  if (body.end !== response.length)
    throw new Error(`${api.name}: ${response.length - body.end} bytes left`)
  return { kind: 'response', body: body.value as Record<string, unknown>, bytes }
}

export function splitAddress(bootstrap: string): [string, number] {
  const colon = bootstrap.lastIndexOf(':')
  return [bootstrap.slice(0, colon), Number(bootstrap.slice(colon + 1))]
}
