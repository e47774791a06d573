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
import { type Exchange, InterceptorChain, type RequestInterceptor } from './interceptor.js'

/** What is to become of the connection after a request. */
export interface Outcome {
  /** The response with its size before it, in pieces; empty when nothing is to be said. */
  readonly frame: readonly Buffer[]
  /** To be called once the frame has left, or won't. */
  readonly release: (() => void) | undefined
  /** The connection is to be closed, with no answer. */
  readonly close: boolean
}

export interface DispatcherOptions {
  readonly handlers: readonly Handler[]
  readonly logger: Logger
  /** Serve what Kafka 3.9 had before the versions of 4.3, too. */
  readonly legacyVersions?: boolean
  /** The first is the outermost. Without any, requests go straight to their handlers. */
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
  readonly #interceptors: InterceptorChain | undefined

  constructor(options: DispatcherOptions) {
    const { handlers, logger, legacyVersions, interceptors = [] } = options
    this.#handlers = new Map(handlers.map((each) => [each.request.key, each]))
    this.#served = new Map(
      handlers.map((each) => [each.request.key, servedVersions(each, legacyVersions)]),
    )
    this.#logger = logger
    this.#interceptors = interceptors.length === 0 ? undefined : new InterceptorChain(interceptors)
  }

  /** Whether the request in `frame` may begin while others of its connection that may are under way. */
  overlaps(frame: Buffer): boolean {
    if (frame.length < 2 || this.#handlers.get(frame.readInt16BE(0))?.overlaps !== true)
      return false
    return this.#interceptors?.isOrdering !== true
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
      if (!this.#serves(handler, header)) return this.#refuseVersion(handler, header, peer)
      request = decode(handler.request, header.requestApiVersion, frame, decoded.bodyOffset).value
    } catch (error) {
      return this.#closeFor(error, peer)
    }
    const context = contextOf(header, peer)
    if (this.#interceptors === undefined) {
      const answer = this.#ask(handler, context, request)
      return answer instanceof Promise
        ? answer.then((settled) => this.#encode(handler, context, settled))
        : this.#encode(handler, context, answer)
    }
    const exchange = { context, handler, request, requestBytes: frame.length }
    return this.#intercept(this.#interceptors, exchange)
  }

  #intercept(chain: InterceptorChain, exchange: Exchange): Outcome | Promise<Outcome> {
    const { handler, context } = exchange
    const ask = (request: unknown): Answer<unknown> | Promise<Answer<unknown>> =>
      this.#ask(handler, context, request)
    const refuse = (error: unknown): Answer<unknown> =>
      this.#refuse(handler, context, exchange.request, error)
    const finish = (answer: Answer<unknown>): Outcome => {
      const outcome = this.#encode(handler, context, answer)
      chain.answered(exchange, answer, outcome.frame)
      return outcome
    }
    const answer = chain.run(exchange, ask, refuse)
    return answer instanceof Promise ? answer.then(finish) : finish(answer)
  }

  /** What the handler answers, errors included. */
  #ask(
    handler: Handler,
    context: RequestContext,
    request: unknown,
  ): Answer<unknown> | Promise<Answer<unknown>> {
    try {
      const answer = handler.handle(context, request)
      if (!(answer instanceof Promise)) return answer
      return answer.catch((error: unknown) => this.#refuse(handler, context, request, error))
    } catch (error) {
      return this.#refuse(handler, context, request, error)
    }
  }

  #refuse(
    handler: Handler,
    context: RequestContext,
    request: unknown,
    error: unknown,
  ): Answer<unknown> {
    const refusal = this.#asKafkaError(context, error)
    try {
      return handler.refuse(request, refusal, context)
    } catch (another) {
      this.#logger.error({ ...describe(context), error: another }, 'a refusal has failed')
      return CLOSE_CONNECTION
    }
  }

  #encode(
    handler: Handler,
    context: RequestContext,
    answer: Answer<unknown>,
    version = context.apiVersion,
  ): Outcome {
    if (answer === NO_ANSWER) return SILENCE
    if (answer === CLOSE_CONNECTION) return CLOSE
    const isPooled = answer instanceof PooledAnswer
    const message = isPooled ? answer.message : answer
    const release = isPooled ? answer.release : undefined
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

  #serves(handler: Handler, { requestApiKey, requestApiVersion }: RequestHeader): boolean {
    const usual = this.#served.get(requestApiKey)!
    const served = this.#interceptors?.versions(handler, usual) ?? usual
    return includes(served, requestApiVersion)
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
    const answer = handler.refuse(undefined, error, context)
    if (this.#interceptors === undefined) return this.#encode(handler, context, answer, 0)
    const { min, max } = this.#interceptors.versions(handler, this.#served.get(requestApiKey)!)
    const apiKeys = [{ apiKey: requestApiKey, minVersion: min, maxVersion: max }]
    return this.#encode(handler, context, { ...(answer as object), apiKeys }, 0)
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
