import type { NetworkAddress } from './network.js'

/** What is known of a request before its body has come. */
export interface HttpHead {
  /** In capitals. */
  readonly method: string
  /** As it stands in the request: `/topics/orders?partition=0`. */
  readonly target: string
  /** By name in small letters; of what came several times, the values with commas between. */
  readonly headers: Readonly<Record<string, string | undefined>>
}

export interface HttpRequest extends HttpHead {
  readonly body: Buffer
  /** Called once when nobody waits for the answer any more. */
  onAbandoned(listener: () => void): void
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

/** What answers requests. Neither throws nor rejects. */
export interface HttpHandler {
  /** Looks at a request whose body hasn't been read. @returns the answer, when there is to be no more */
  admit(head: HttpHead): HttpResponse | undefined
  answer(request: HttpRequest): Promise<HttpResponse>
  /** The answer to what can't be taken for a request, is too large, too slow or too much. */
  refuse(refusal: HttpRefusal): HttpResponse
}

export type HttpRefusal = 'malformed' | 'headersTooLarge' | 'bodyTooLarge' | 'tooSlow' | 'tooMany'

export interface HttpLimits {
  /** Of one body. */
  readonly maxBodyBytes: number
  /** Of all requests that are under way. */
  readonly maxHeldBytes: number
  /** Requests under way. */
  readonly maxRequests: number
  readonly maxConnections: number
  /** For a request to have come, body included. */
  readonly requestTimeoutMs: number
}

/** An HTTP server that is open. */
export interface HttpListener {
  /** With the port that the system chose for port 0. */
  readonly address: NetworkAddress
  /** Takes no more requests, and closes all connections. */
  close(): Promise<void>
}

/** HTTP as this machine serves it. */
export interface HttpNetwork {
  /**
   * Listens on both loopback addresses, on the same port; on that of IPv4 alone where there is no
   * other.
   *
   * @param port 0 lets the system choose
   * @throws NetworkError
   */
  listenOnLoopback(port: number, handler: HttpHandler, limits: HttpLimits): Promise<HttpListener>
}
