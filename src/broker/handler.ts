import type { Message } from '../protocol/codec/index.js'
import type { KafkaError } from '../protocol/errors.js'

/** The connection that a request came in on. */
export interface Peer {
  /** Kafka's form: `local address:port-remote address:port-number`. */
  readonly connectionId: string
  /** Name of the listener, e.g. `PLAINTEXT`. */
  readonly listener: string
  /** Kafka's text form, e.g. `User:ANONYMOUS`. */
  readonly principal: string
  /** IP address. */
  readonly clientAddress: string
  readonly clientPort: number
  readonly localAddress: string
  readonly localPort: number
  /** What the client says of itself in ApiVersions (KIP-511); `unknown` until then. */
  clientSoftwareName: string
  clientSoftwareVersion: string
  /** Each is called once when the connection has closed: nobody waits for an answer any more. */
  readonly closeListeners: Set<() => void>
}

/** What is known of a request beside its body. */
export interface RequestContext {
  readonly peer: Peer
  readonly connectionId: string
  readonly listener: string
  readonly principal: string
  readonly clientAddress: string
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  /**
   * Asked of each partition that a fetch is about: an error that it is to be answered with, put there
   * by an interceptor.
   */
  refusePartition?: (topic: string | undefined, partition: number) => number | undefined
}

/** A handler returns this when the request is to be answered with nothing (Produce with acks 0). */
export const NO_ANSWER = Symbol('no answer')
/** A handler returns this when the connection is to be closed instead of an answer. */
export const CLOSE_CONNECTION = Symbol('close the connection')

/** An answer with bytes in it that somebody wants back. */
export class PooledAnswer<R> {
  /** @param release called once, when the bytes have been handed to the system or never will be */
  constructor(
    readonly message: R,
    readonly release: () => void,
  ) {}
}

/** Gives back what was lent for an answer that nobody will hear. */
export function releaseAnswer(answer: unknown): void {
  if (answer instanceof PooledAnswer) answer.release()
}

export type Answer<R> = R | PooledAnswer<R> | typeof NO_ANSWER | typeof CLOSE_CONNECTION

export interface HandlerOptions<Request, Response> {
  /**
   * Answers a request. What it throws is answered through {@link refuse}; what isn't a KafkaError is
   * logged, and answered as UNKNOWN_SERVER_ERROR.
   */
  readonly handle: (
    context: RequestContext,
    request: Request,
  ) => Answer<Response> | Promise<Answer<Response>>
  /** The answer that says of everything asked for that it failed (Kafka's `getErrorResponse`). */
  readonly refuse: (
    request: Request,
    error: KafkaError,
    context: RequestContext,
  ) => Answer<Response>
  /**
   * When `handle` returns, the request has taken effect in the order of its connection, or is sure to
   * do so before the next one of this API, and only waits for completion: the next one that says this
   * too may begin meanwhile.
   */
  readonly overlaps?: boolean
}

/** How one API is answered. */
export interface Handler {
  readonly request: Message<unknown, unknown>
  readonly response: Message<unknown, unknown>
  readonly handle: (
    context: RequestContext,
    request: unknown,
  ) => Answer<unknown> | Promise<Answer<unknown>>
  readonly refuse: (request: unknown, error: KafkaError, context: RequestContext) => Answer<unknown>
  readonly overlaps: boolean
}

/**
 * Declares how an API is answered. A handler's file exports a function that takes what the handler
 * needs and returns this; the list of them is the dispatch table.
 *
 *     export const heartbeat = ({ groups }: { groups: GroupCoordinator }): Handler =>
 *       handler(HeartbeatRequest, HeartbeatResponse, {
 *         handle: (context, request) => groups.heartbeat(context, request),
 *         refuse: (_, { code }) => ({ errorCode: code }),
 *       })
 */
export function handler<RequestValue, RequestInput, ResponseValue, ResponseInput>(
  request: Message<RequestValue, RequestInput>,
  response: Message<ResponseValue, ResponseInput>,
  options: HandlerOptions<RequestValue, ResponseInput>,
): Handler {
  const typed = { request, response, overlaps: false, ...options }
  // The dispatcher hands each handler what its own schema has decoded, and nothing else.
  return typed as unknown as Handler
}
