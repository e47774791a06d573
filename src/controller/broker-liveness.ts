/** What a controller knows of a broker beside the log: lost with its leadership, and learned anew. */
interface Liveness {
  readonly lastContactMs: number
  /** It was heard of since this controller is active, or another process may be running it. */
  readonly alive: boolean
  /** How far the broker has replayed the metadata log, by its last heartbeat. */
  readonly metadataOffset: number
  /** Where in the log its controlled shutdown began, -1 when there is none. */
  readonly shutdownOffset: number
}

/** The soft state of brokers (Kafka's `BrokerHeartbeatManager`). */
export class BrokerLiveness {
  readonly #brokers = new Map<number, Liveness>()

  /** @param sessionTimeoutMs silence after which a broker counts as gone */
  constructor(private readonly sessionTimeoutMs: number) {}

  /** A broker registered, or was found registered by a new controller. */
  add(id: number, nowMs: number): void {
    const fresh = { lastContactMs: nowMs, metadataOffset: -1, shutdownOffset: -1 }
    this.#brokers.set(id, { ...fresh, alive: true })
  }

  /**
   * The broker of this controller's own node was found registered: whoever registered it may be gone
   * with the process that ended, so that another may take its place at once.
   */
  expect(id: number, nowMs: number): void {
    const fresh = { lastContactMs: nowMs, metadataOffset: -1, shutdownOffset: -1 }
    this.#brokers.set(id, { ...fresh, alive: false })
  }

  heardOf(id: number, nowMs: number, metadataOffset: number): void {
    const shutdownOffset = this.#brokers.get(id)?.shutdownOffset ?? -1
    this.#brokers.set(id, { lastContactMs: nowMs, alive: true, metadataOffset, shutdownOffset })
  }

  /** Every session begins anew. */
  renewAll(nowMs: number): void {
    for (const [id, known] of this.#brokers) {
      this.#brokers.set(id, { ...known, lastContactMs: nowMs })
    }
  }

  /** The broker is gone, by its own word. */
  remove(id: number): void {
    this.#brokers.delete(id)
  }

  beganShutdown(id: number, offset: number): void {
    const known = this.#brokers.get(id)
    if (known) this.#brokers.set(id, { ...known, shutdownOffset: offset })
  }

  /** Where a broker's controlled shutdown began, undefined when it isn't in one. */
  shutdownOffset(id: number): number | undefined {
    const offset = this.#brokers.get(id)?.shutdownOffset ?? -1
    return offset < 0 ? undefined : offset
  }

  metadataOffset(id: number): number {
    return this.#brokers.get(id)?.metadataOffset ?? -1
  }

  /** Whether the broker was heard of within the session timeout. */
  hasSession(id: number, nowMs: number): boolean {
    const known = this.#brokers.get(id)
    return known?.alive === true && !this.isSilent(id, nowMs)
  }

  /** Whether nothing was heard of the broker for a session timeout. */
  isSilent(id: number, nowMs: number): boolean {
    const known = this.#brokers.get(id)
    return known === undefined || nowMs - known.lastContactMs >= this.sessionTimeoutMs
  }

  /** When the session of the first of these brokers ends, ms; undefined when none has one. */
  nextExpiryMs(ids: Iterable<number>): number | undefined {
    let next: number | undefined
    for (const id of ids) {
      const known = this.#brokers.get(id)
      if (!known) continue
      const expiryMs = known.lastContactMs + this.sessionTimeoutMs
      if (next === undefined || expiryMs < next) next = expiryMs
    }
    return next
  }
}
