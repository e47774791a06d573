/** A segment that keeps its indexes in memory until told to let go of them. */
export interface IndexHolder {
  readonly indexMemoryBytes: number
  unloadIndexes(): void
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024

/** Bounds the memory that the indexes of sealed segments take: the longest unused ones are let go. */
export class IndexCache {
  readonly #holders = new Map<IndexHolder, number>()
  #bytes = 0

  constructor(private readonly maxBytes = DEFAULT_MAX_BYTES) {}

  get bytes(): number {
    return this.#bytes
  }

  /** To be called whenever the indexes are used. */
  touch(holder: IndexHolder): void {
    this.remove(holder)
    const bytes = holder.indexMemoryBytes
    this.#holders.set(holder, bytes)
    this.#bytes += bytes
    while (this.#bytes > this.maxBytes && this.#holders.size > 1) {
      const oldest = this.#holders.keys().next().value!
      this.remove(oldest)
      oldest.unloadIndexes()
    }
  }

  remove(holder: IndexHolder): void {
    const bytes = this.#holders.get(holder)
    if (bytes === undefined) return
    this.#holders.delete(holder)
    this.#bytes -= bytes
  }
}
