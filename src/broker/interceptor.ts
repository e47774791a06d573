import type { Versions } from '../protocol/codec/index.js'
import type { Answer, Handler, RequestContext } from './handler.js'

/** Of the size before a frame. */
const SIZE_BYTES = 4

/** One request on its way through the broker. */
export interface Exchange {
  readonly context: RequestContext
  readonly handler: Handler
  /**
   * Decoded. Bytes in it are views of the connection's buffers: they mustn't be kept beyond the
   * answer.
   */
  readonly request: unknown
  /** Length of the request, without the size before it. */
  readonly requestBytes: number
}

/** What came of a request. */
export interface Answered {
  /** What is sent, NO_ANSWER or CLOSE_CONNECTION. Bytes in it mustn't be kept. */
  readonly answer: Answer<unknown>
  /** Length of the response, without the size before it; 0 when there is none. */
  readonly responseBytes: number
}

/** Goes on to the next interceptor, or the handler. Neither throws nor rejects: errors are answers. */
export type Proceed = (request?: unknown) => Answer<unknown> | Promise<Answer<unknown>>

/**
 * What cuts across all APIs: a journal, injected faults, metrics, addresses to be told. The first
 * interceptor is the outermost.
 */
export interface RequestInterceptor {
  /**
   * Requests of one connection are taken one at a time while this says so, because `intercept` may
   * hold some back: none overtakes another.
   */
  readonly isOrdering?: boolean
  /**
   * The versions of an API that are served and advertised, instead of the usual ones; none
   * (`NO_VERSIONS`) makes it unknown.
   */
  versions?(handler: Handler, usual: Versions): Versions
  /**
   * Stands around the handler: may wait before or after `proceed`, change what it is given or what
   * it answers, or not call it at all. Who drops a `PooledAnswer` calls its `release`. What this
   * throws is answered as if the handler had thrown it.
   */
  intercept?(exchange: Exchange, proceed: Proceed): Answer<unknown> | Promise<Answer<unknown>>
  /** After the answer was encoded, before it is written. Mustn't throw. */
  answered?(exchange: Exchange, answered: Answered): void
}

/** The interceptors of one broker, as one. */
export class InterceptorChain {
  constructor(private readonly interceptors: readonly RequestInterceptor[]) {}

  get isOrdering(): boolean {
    return this.interceptors.some((each) => each.isOrdering === true)
  }

  versions(handler: Handler, usual: Versions): Versions {
    let versions = usual
    for (const each of this.interceptors) versions = each.versions?.(handler, versions) ?? versions
    return versions
  }

  /**
   * @param ask the handler's answer, errors included
   * @param refuse the answer for what an interceptor throws
   */
  run(
    exchange: Exchange,
    ask: (request: unknown) => Answer<unknown> | Promise<Answer<unknown>>,
    refuse: (error: unknown) => Answer<unknown>,
  ): Answer<unknown> | Promise<Answer<unknown>> {
    const from = (index: number, request: unknown): ReturnType<Proceed> => {
      const interceptor = this.interceptors[index]
      if (interceptor === undefined) return ask(request)
      if (interceptor.intercept === undefined) return from(index + 1, request)
      const seen = request === exchange.request ? exchange : { ...exchange, request }
      try {
        const answer = interceptor.intercept(seen, (changed = request) => from(index + 1, changed))
        return answer instanceof Promise ? answer.catch(refuse) : answer
      } catch (error) {
        return refuse(error)
      }
    }
    return from(0, exchange.request)
  }

  answered(exchange: Exchange, answer: Answer<unknown>, frame: readonly Buffer[]): void {
    let bytes = -SIZE_BYTES
    for (const piece of frame) bytes += piece.length
    const answered = { answer, responseBytes: Math.max(0, bytes) }
    for (const each of this.interceptors) each.answered?.(exchange, answered)
  }
}
