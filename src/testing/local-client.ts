import {
  CLOSE_CONNECTION,
  NO_ANSWER,
  type Peer,
  PooledAnswer,
  type RequestContext,
} from '../broker/handler.js'
import type { BrokerServices } from '../broker/services.js'
import { apiName } from '../protocol/api-keys.js'
import { decode, EncodeError, encodeToBuffer, type Message } from '../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'

const CLIENT_ID = 'samsa'
const LOOPBACK = '127.0.0.1'

/** Asks a broker in this process, past its sockets and interceptors: nobody sees these requests. */
export class LocalClient {
  #correlationId = 0
  readonly #peer: Peer
  /** What ends each request that is under way. */
  readonly #underWay = new Set<(error: Error) => void>()

  constructor(
    private readonly services: BrokerServices,
    listener: string,
  ) {
    this.#peer = {
      connectionId: `${LOOPBACK}:0-${LOOPBACK}:0-${CLIENT_ID}`,
      listener,
      principal: 'User:ANONYMOUS',
      clientAddress: LOOPBACK,
      clientPort: 0,
      localAddress: LOOPBACK,
      localPort: 0,
      clientSoftwareName: CLIENT_ID,
      clientSoftwareVersion: 'unknown',
      closeListeners: new Set(),
    }
  }

  /**
   * @param version that both messages have
   * @returns the answer, errors included
   * @throws KafkaError when there is none; what {@link fail} says when it fails meanwhile
   */
  async ask<V, I, RV, RI>(
    request: Message<V, I>,
    response: Message<RV, RI>,
    version: number,
    body: I,
  ): Promise<RV> {
    const handler = this.services.handlers.find((each) => each.request.key === request.key)
    if (handler === undefined) throw new Error(`${apiName(request.key)} is not served here`)
    const context = this.#context(request.key, version)
    const decoded = decode(request, version, encoded(request, version, body)).value
    const answer = await this.#unlessFailed(handler.handle(context, decoded))
    if (answer === NO_ANSWER || answer === CLOSE_CONNECTION) {
      throw new Error(`${apiName(request.key)} was not answered`)
    }
    const isPooled = answer instanceof PooledAnswer
    try {
      const message = (isPooled ? answer.message : answer) as RI
      return decode(response, version, encodeToBuffer(response, version, message)).value
    } finally {
      if (isPooled) answer.release()
    }
  }

  /** Ends what is under way: it will never be answered. */
  fail(error: Error): void {
    for (const end of this.#underWay) end(error)
  }

  #unlessFailed<T>(answer: T | Promise<T>): T | Promise<T> {
    if (!(answer instanceof Promise)) return answer
    return new Promise<T>((resolve, reject) => {
      this.#underWay.add(reject)
      void answer.then(resolve, reject).finally(() => this.#underWay.delete(reject))
    })
  }

  /** Lets go of what still waits for an answer. */
  close(): void {
    for (const listener of [...this.#peer.closeListeners]) listener()
  }

  #context(apiKey: number, apiVersion: number): RequestContext {
    const { connectionId, listener, principal, clientAddress } = this.#peer
    return {
      peer: this.#peer,
      connectionId,
      listener,
      principal,
      clientAddress,
      apiKey,
      apiVersion,
      correlationId: ++this.#correlationId,
      clientId: CLIENT_ID,
    }
  }
}

/** @throws KafkaError INVALID_REQUEST for what the protocol has no room for, as a partition beyond 2^31 */
function encoded<V, I>(request: Message<V, I>, version: number, body: I): Buffer {
  try {
    return encodeToBuffer(request, version, body)
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error
    throw new KafkaError(ErrorCode.INVALID_REQUEST, error.message, { cause: error })
  }
}
