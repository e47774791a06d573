import { readInt64, writeInt64 } from '../protocol/records/int64.js'
import { IndexEntries } from './index-entries.js'

/** An int64 timestamp, then an int32 offset relative to the segment's. */
const ENTRY_SIZE = 12
const NO_TIMESTAMP = -1

/** A time and the offset that goes with it. */
export interface TimestampOffset {
  readonly timestamp: number
  readonly offset: number
}

/**
 * A segment's sparse index of timestamps (Kafka's `TimeIndex`): no record before an entry's offset is
 * younger than its timestamp.
 */
export class TimeIndex {
  readonly #entries: IndexEntries

  constructor(
    readonly baseOffset: number,
    entries = new IndexEntries(ENTRY_SIZE),
  ) {
    this.#entries = entries
  }

  /**
   * Reads an index file, which may be zero after its last entry (see `OffsetIndex.load`).
   *
   * @returns undefined when it is damaged and must be built anew
   */
  static load(baseOffset: number, bytes: Buffer): TimeIndex | undefined {
    if (bytes.length % ENTRY_SIZE !== 0) return undefined
    const entries = new IndexEntries(ENTRY_SIZE, bytes)
    entries.count = entries.lastWhere((at) => !isZero(bytes, at)) + 1
    const index = new TimeIndex(baseOffset, entries)
    const last = index.last
    if (entries.count > 0) {
      if (last.offset < baseOffset || last.timestamp < readInt64(bytes, 0)) return undefined
    }
    return index
  }

  get entryCount(): number {
    return this.#entries.count
  }

  get memoryBytes(): number {
    return this.#entries.capacity
  }

  /** The last entry; timestamp -1 at the base offset if there is none. */
  get last(): TimestampOffset {
    return this.#entry(this.#entries.count - 1)
  }

  /** One slot is kept for the entry that closes the segment. */
  isFull(maxBytes: number): boolean {
    return this.#entries.size + 2 * ENTRY_SIZE > maxBytes
  }

  /** Appends an entry if its timestamp is younger than the last one's. */
  maybeAppend(timestamp: number, offset: number): void {
    if (timestamp <= this.last.timestamp) return
    const at = this.#entries.add()
    writeInt64(this.#entries.buffer, at, timestamp)
    this.#entries.buffer.writeInt32BE(offset - this.baseOffset, at + 8)
  }

  /** The last entry with a timestamp of at most `timestamp`; -1 at the base offset if none is. */
  lookup(timestamp: number): TimestampOffset {
    const bytes = this.#entries.buffer
    return this.#entry(this.#entries.lastWhere((at) => readInt64(bytes, at) <= timestamp))
  }

  /** Removes the entries for `offset` and what follows. */
  truncateTo(offset: number): void {
    const relative = offset - this.baseOffset
    const bytes = this.#entries.buffer
    this.#entries.count = this.#entries.lastWhere((at) => bytes.readInt32BE(at + 8) < relative) + 1
  }

  toBuffer(): Buffer {
    return this.#entries.toBuffer()
  }

  #entry(slot: number): TimestampOffset {
    if (slot < 0) return { timestamp: NO_TIMESTAMP, offset: this.baseOffset }
    const at = this.#entries.at(slot)
    const bytes = this.#entries.buffer
    return { timestamp: readInt64(bytes, at), offset: this.baseOffset + bytes.readInt32BE(at + 8) }
  }
}

function isZero(bytes: Buffer, at: number): boolean {
  return readInt64(bytes, at) === 0 && bytes.readInt32BE(at + 8) === 0
}
