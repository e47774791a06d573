const DEFAULT_MAX_BYTES = 128 * 1024 * 1024

/** What one fetch may take up until its records have left. */
export class FetchReservation {
  #bytes: number
  #isReleased = false

  /** @param change counts the bytes with those of all others */
  constructor(
    /** How much it may read. */
    readonly maxBytes: number,
    /** That is less than it wants. */
    readonly isShort: boolean,
    private readonly change: (bytes: number) => void,
  ) {
    this.#bytes = maxBytes
    change(maxBytes)
  }

  /** So much has been read. */
  settle(bytes: number): void {
    if (this.#isReleased) return
    this.change(bytes - this.#bytes)
    this.#bytes = bytes
  }

  /** Harmless the second time. */
  release(): void {
    this.settle(0)
    this.#isReleased = true
  }
}

/**
 * Bounds the records that are on their way to clients, so that many that don't read can't fill the
 * memory: a fetch gets what room there is, but always one batch, so that every client gets on.
 */
export class FetchMemory {
  #bytes = 0

  constructor(private readonly maxBytes = DEFAULT_MAX_BYTES) {}

  /** Bytes that are being read, or have been and aren't sent. */
  get bytes(): number {
    return this.#bytes
  }

  /** Room for a fetch that may read so many bytes. */
  reserve(bytes: number): FetchReservation {
    const wanted = Math.max(0, bytes)
    const granted = Math.min(wanted, Math.max(0, this.maxBytes - this.#bytes))
    return new FetchReservation(granted, granted < wanted, (change) => {
      this.#bytes += change
    })
  }
}
