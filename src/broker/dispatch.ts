import type { Logger } from '../env/logger.js'
import { ApiKey, apiName } from '../protocol/api-keys.js'
import {
  decodeRequestHeader,
  encodeResponseFrame,
  type RequestHeader,
} from '../protocol/codec/headers.js'
import {
  DecodeError,
  decode,
  includes,
  NO_VERSIONS,
  type Versions,
} from '../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import {
  type Answer,
  CLOSE_CONNECTION,
  type Handler,
  NO_ANSWER,
  type Peer,
  PooledAnswer,
  type RequestContext,
} from './handler.js'

/** What is to become of the connection after a request. */
export interface Outcome {
  /** The response with its size before it, in pieces; empty when nothing is to be said. */
  readonly frame: readonly Buffer[]
  /** To be called once the frame has left, or won't. */
  readonly release: (() => void) | undefined
  /** The connection is to be closed, with no answer. */
  readonly close: boolean
}

/** What cuts across all APIs: quotas, a journal, injected faults, metrics. */
export interface RequestInterceptor {
  /** Before the handler. What it throws is answered as if the handler had thrown it. */
  beforeRequest?(context: RequestContext, request: unknown): void
  /** After the handler, before the answer goes out. */
  beforeAnswer?(context: RequestContext, request: unknown, answer: Answer<unknown>): void
}

export interface DispatcherOptions {
  readonly handlers: readonly Handler[]
  readonly logger: Logger
  /** Serve what Kafka 3.9 had before the versions of 4.3, too. */
  readonly legacyVersions?: boolean
  readonly interceptors?: readonly RequestInterceptor[]
}

const CLOSE: Outcome = { frame: [], release: undefined, close: true }
const SILENCE: Outcome = { frame: [], release: undefined, close: false }

/**
 * The versions of an API that are answered; the schema may know more than Kafka 4.3 advertises.
 *
 * @param legacyVersions those of Kafka 3.9 are among them
 */
export function servedVersions({ request }: Handler, legacyVersions = false): Versions {
  const { versions, advertised, legacy } = request
  return {
    min:
      legacyVersions && legacy !== NO_VERSIONS
        ? legacy.min
        : Math.max(versions.min, advertised.min),
    max: Math.min(versions.max, advertised.max),
  }
}

/** Takes each request from its bytes to its handler, and the answer back to bytes. */
export class RequestDispatcher {
  readonly #handlers: ReadonlyMap<number, Handler>
  readonly #served: ReadonlyMap<number, Versions>
  readonly #logger: Logger
  readonly #interceptors: readonly RequestInterceptor[]

  constructor(options: DispatcherOptions) {
    this.#handlers = new Map(options.handlers.map((each) => [each.request.key, each]))
    this.#served = new Map(
      options.handlers.map((each) => [
        each.request.key,
        servedVersions(each, options.legacyVersions),
      ]),
    )
    this.#logger = options.logger
    this.#interceptors = options.interceptors ?? []
  }

  /** Whether the request in `frame` may begin while others of its connection that may are under way. */
  overlaps(frame: Buffer): boolean {
    return frame.length >= 2 && this.#handlers.get(frame.readInt16BE(0))?.overlaps === true
  }

  /** Answers the request in `frame` (without its size). Neither throws nor rejects. */
  dispatch(frame: Buffer, peer: Peer): Outcome | Promise<Outcome> {
    let header: RequestHeader
    let handler: Handler
    let request: unknown
    try {
      const decoded = decodeRequestHeader(frame)
      header = decoded.header
      handler = this.#handlerOf(header)
      if (!this.#serves(header)) return this.#refuseVersion(handler, header, peer)
      request = decode(handler.request, header.requestApiVersion, frame, decoded.bodyOffset).value
    } catch (error) {
      return this.#closeFor(error, peer)
    }
    return this.#handle(handler, contextOf(header, peer), request)
  }

  #handle(handler: Handler, context: RequestContext, request: unknown): Outcome | Promise<Outcome> {
    try {
      for (const interceptor of this.#interceptors) interceptor.beforeRequest?.(context, request)
      const answer = handler.handle(context, request)
      if (!(answer instanceof Promise)) return this.#answer(handler, context, request, answer)
      return answer.then(
        (settled) => this.#answer(handler, context, request, settled),
        (error: unknown) => this.#refuse(handler, context, request, error),
      )
    } catch (error) {
      return this.#refuse(handler, context, request, error)
    }
  }

  #answer(
    handler: Handler,
    context: RequestContext,
    request: unknown,
    answer: Answer<unknown>,
  ): Outcome {
    for (const each of this.#interceptors) each.beforeAnswer?.(context, request, answer)
    if (answer === NO_ANSWER) return SILENCE
    if (answer === CLOSE_CONNECTION) return CLOSE
    if (!(answer instanceof PooledAnswer)) return this.#encode(handler, context, answer, undefined)
    return this.#encode(handler, context, answer.message, answer.release)
  }

  #encode(
    handler: Handler,
    context: RequestContext,
    message: unknown,
    release: (() => void) | undefined,
    version = context.apiVersion,
  ): Outcome {
    try {
      const { correlationId } = context
      const frame = encodeResponseFrame(handler.response, version, correlationId, message)
      return { frame, release, close: false }
    } catch (error) {
      release?.()
      this.#logger.error({ ...describe(context), error }, 'an answer cannot be encoded')
      return CLOSE
    }
  }

  #refuse(handler: Handler, context: RequestContext, request: unknown, error: unknown): Outcome {
    const refusal = this.#asKafkaError(context, error)
    try {
      return this.#answer(handler, context, request, handler.refuse(request, refusal, context))
    } catch (another) {
      this.#logger.error({ ...describe(context), error: another }, 'a refusal has failed')
      return CLOSE
    }
  }

  #asKafkaError(context: RequestContext, error: unknown): KafkaError {
    if (error instanceof KafkaError) return error
    this.#logger.error({ ...describe(context), error }, 'a request has failed unexpectedly')
    return new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, undefined, { cause: error })
  }

  #handlerOf({ requestApiKey, requestApiVersion }: RequestHeader): Handler {
    const handler = this.#handlers.get(requestApiKey)
    if (handler === undefined) {
      throw new DecodeError(`API ${requestApiKey} v${requestApiVersion} is not served here`, 0)
    }
    return handler
  }

  #serves({ requestApiKey, requestApiVersion }: RequestHeader): boolean {
    return includes(this.#served.get(requestApiKey)!, requestApiVersion)
  }

  /**
   * Kafka closes the connection for a version that it doesn't serve; only ApiVersions, which clients
   * ask before they know any better, is answered, in version 0 (KIP-511).
   */
  #refuseVersion(handler: Handler, header: RequestHeader, peer: Peer): Outcome {
    const { requestApiKey, requestApiVersion } = header
    const error = new KafkaError(ErrorCode.UNSUPPORTED_VERSION)
    if (requestApiKey !== ApiKey.ApiVersions) {
      const name = apiName(requestApiKey)
      return this.#closeFor(new DecodeError(`${name} v${requestApiVersion} is not served`, 0), peer)
    }
    const context = contextOf(header, peer)
    return this.#encode(handler, context, handler.refuse(undefined, error, context), undefined, 0)
  }

  #closeFor(error: unknown, peer: Peer): Outcome {
    const { connectionId } = peer
    if (error instanceof DecodeError || error instanceof RangeError) {
      this.#logger.warn(
        { connectionId, reason: error.message },
        'closing a connection: bad request',
      )
    } else {
      this.#logger.error(
        { connectionId, error },
        'closing a connection: failure before the handler',
      )
    }
    return CLOSE
  }
}

function contextOf(header: RequestHeader, peer: Peer): RequestContext {
  return {
    peer,
    connectionId: peer.connectionId,
    listener: peer.listener,
    principal: peer.principal,
    clientAddress: peer.clientAddress,
    apiKey: header.requestApiKey,
    apiVersion: header.requestApiVersion,
    correlationId: header.correlationId,
    clientId: header.clientId,
  }
}

function describe(context: RequestContext): Record<string, unknown> {
  const { connectionId, apiVersion, correlationId, clientId } = context
  return { api: apiName(context.apiKey), apiVersion, connectionId, correlationId, clientId }
}
