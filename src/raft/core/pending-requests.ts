import type { RaftRequest } from './messages.js'

interface Peer {
  inFlight:
    | { readonly correlationId: number; readonly request: RaftRequest; readonly deadlineMs: number }
    | undefined
  backoffUntilMs: number
}

/** At most one request is under way to a peer (Kafka's `RequestManager`). */
export class PendingRequests {
  readonly #peers = new Map<number, Peer>()
  #lastCorrelationId = 0

  constructor(
    private readonly config: { readonly requestTimeoutMs: number; readonly retryBackoffMs: number },
  ) {}

  #peer(id: number): Peer {
    let peer = this.#peers.get(id)
    if (!peer) {
      peer = { inFlight: undefined, backoffUntilMs: 0 }
      this.#peers.set(id, peer)
    }
    return peer
  }

  /** When a request may be sent to the peer, ms; in the past when it may now. */
  readyAt(id: number): number {
    const peer = this.#peer(id)
    return peer.inFlight?.deadlineMs ?? peer.backoffUntilMs
  }

  /** @returns the request's correlation id, undefined when it may not be sent now */
  begin(id: number, request: RaftRequest, nowMs: number): number | undefined {
    if (nowMs < this.readyAt(id)) return undefined
    const correlationId = ++this.#lastCorrelationId
    this.#peer(id).inFlight = {
      correlationId,
      request,
      deadlineMs: nowMs + this.config.requestTimeoutMs,
    }
    return correlationId
  }

  /** @returns the request that this answers, undefined when nobody waits for it (any more) */
  complete(id: number, correlationId: number): RaftRequest | undefined {
    const peer = this.#peer(id)
    if (peer.inFlight?.correlationId !== correlationId) return undefined
    const { request } = peer.inFlight
    peer.inFlight = undefined
    return request
  }

  backOff(id: number, nowMs: number): void {
    this.#peer(id).backoffUntilMs = nowMs + this.config.retryBackoffMs
  }

  /** Forgets what is under way; what was answered badly before still backs off. */
  reset(): void {
    for (const peer of this.#peers.values()) peer.inFlight = undefined
  }
}
