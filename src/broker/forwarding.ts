import type {
  ControllerApi,
  ControllerChannel,
  ControllerRequest,
  ControllerResponse,
} from '../controller/channel.js'
import type { Clock, Clocks } from '../env/clock.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import type { Peer, RequestContext } from './handler.js'

export interface ForwardingServices {
  readonly controller: ControllerChannel
  readonly clocks: Clocks
}

/** How long an active controller is looked for (the `retryTimeoutMs` of Kafka's `BrokerServer`). */
const RETRY_TIMEOUT_MS = 60_000
const RETRY_BACKOFF_MS = 50

/**
 * Passes a request on to the active controller, again for as long as there is none and the client
 * waits (Kafka's `ForwardingManager`, KIP-590).
 *
 * @param timeoutMs how long the client waits for it to be begun
 * @throws KafkaError REQUEST_TIMED_OUT when it couldn't be begun in time
 */
export async function forward<A extends ControllerApi>(
  { controller, clocks: { pacing } }: ForwardingServices,
  api: A,
  version: number,
  request: ControllerRequest<A>,
  context: RequestContext,
  timeoutMs = RETRY_TIMEOUT_MS,
): Promise<ControllerResponse<A>> {
  const deadlineMs = pacing.now() + Math.min(timeoutMs, RETRY_TIMEOUT_MS)
  const client = new WaitingClient(context.peer)
  try {
    while (timeoutMs > 0 && !client.hasLeft) {
      try {
        return await controller.request(api, version, request, context)
      } catch (error) {
        if (!(error instanceof KafkaError && error.code === ErrorCode.NOT_CONTROLLER)) throw error
      }
      if (pacing.now() + RETRY_BACKOFF_MS > deadlineMs) break
      await client.pause(pacing, RETRY_BACKOFF_MS)
    }
  } finally {
    client.close()
  }
  throw new KafkaError(ErrorCode.REQUEST_TIMED_OUT)
}

/** Nothing is waited for when nobody waits for it any more. */
class WaitingClient {
  hasLeft = false
  #wake: () => void = () => {}

  constructor(private readonly peer: Peer) {
    peer.closeListeners.add(this.#leave)
  }

  pause(clock: Clock, delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = clock.after(delayMs, resolve)
      this.#wake = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  close(): void {
    this.peer.closeListeners.delete(this.#leave)
  }

  readonly #leave = (): void => {
    this.hasLeft = true
    this.#wake()
  }
}
