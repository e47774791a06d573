const MIN_CAPACITY_ENTRIES = 4

/** Entries of one size, one after the other as in the index's file, in memory. */
export class IndexEntries {
  count: number
  #bytes: Buffer

  /** @param bytes what the file holds; the entries own it from now on */
  constructor(
    private readonly entrySize: number,
    bytes: Buffer = Buffer.alloc(0),
  ) {
    this.#bytes = bytes
    this.count = Math.floor(bytes.length / entrySize)
  }

  /** The buffer that {@link at} points into; only until the next {@link add}. */
  get buffer(): Buffer {
    return this.#bytes
  }

  /** Bytes that the file has. */
  get size(): number {
    return this.count * this.entrySize
  }

  /** Bytes of memory. */
  get capacity(): number {
    return this.#bytes.length
  }

  at(entry: number): number {
    return entry * this.entrySize
  }

  /** Makes room for one more entry and returns its position. */
  add(): number {
    const position = this.size
    if (position + this.entrySize > this.#bytes.length) {
      const entries = Math.max(MIN_CAPACITY_ENTRIES, this.count * 2)
      const grown = Buffer.alloc(entries * this.entrySize)
      this.#bytes.copy(grown, 0, 0, position)
      this.#bytes = grown
    }
    this.count++
    return position
  }

  /** The last entry for which `isBefore` holds, -1 for none; it holds up to some entry and then not. */
  lastWhere(isAtMost: (position: number) => boolean): number {
    let low = -1
    let high = this.count - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (isAtMost(middle * this.entrySize)) low = middle
      else high = middle - 1
    }
    return low
  }

  /** What the file should hold. */
  toBuffer(): Buffer {
    return this.#bytes.subarray(0, this.size)
  }
}
