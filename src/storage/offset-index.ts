import { IndexEntries } from './index-entries.js'

/** An int32 offset relative to the segment's, an int32 position in its file. */
const ENTRY_SIZE = 8
const MAX_RELATIVE_OFFSET = 0x7fffffff

/** Where to begin to look for an offset. */
export interface OffsetPosition {
  readonly offset: number
  readonly position: number
}

/**
 * A segment's sparse index of offsets (Kafka's `OffsetIndex`): each entry has the last offset of a
 * batch and the position where that batch begins.
 */
export class OffsetIndex {
  readonly #entries: IndexEntries

  constructor(
    readonly baseOffset: number,
    entries = new IndexEntries(ENTRY_SIZE),
  ) {
    this.#entries = entries
  }

  /**
   * Reads an index file. One that Apache Kafka had open when it died is 10 MB long and zero after its
   * last entry.
   *
   * @returns undefined when it is damaged and must be built anew
   */
  static load(baseOffset: number, bytes: Buffer): OffsetIndex | undefined {
    if (bytes.length % ENTRY_SIZE !== 0) return undefined
    const entries = new IndexEntries(ENTRY_SIZE, bytes)
    entries.count = entries.lastWhere((at) => at === 0 || bytes.readInt32BE(at) > 0) + 1
    // The first batch of a segment never gets an entry, so that an entry's position is never 0.
    if (entries.count === 1 && bytes.readInt32BE(4) === 0) entries.count = 0
    const index = new OffsetIndex(baseOffset, entries)
    return index.#isSane() ? index : undefined
  }

  get entryCount(): number {
    return this.#entries.count
  }

  get memoryBytes(): number {
    return this.#entries.capacity
  }

  /** Offset of the last entry; the base offset if there is none. */
  get lastOffset(): number {
    return this.baseOffset + this.#relative(this.#entries.count - 1)
  }

  isFull(maxBytes: number): boolean {
    return this.#entries.size + ENTRY_SIZE > maxBytes
  }

  /** Whether a segment that begins at `baseOffset` may hold this offset. */
  canHold(offset: number): boolean {
    const relative = offset - this.baseOffset
    return relative >= 0 && relative <= MAX_RELATIVE_OFFSET
  }

  append(offset: number, position: number): void {
    if (this.#entries.count > 0 && offset <= this.lastOffset) {
      throw new RangeError(`index entry for ${offset} after the one for ${this.lastOffset}`)
    }
    const at = this.#entries.add()
    this.#entries.buffer.writeInt32BE(offset - this.baseOffset, at)
    this.#entries.buffer.writeInt32BE(position, at + 4)
  }

  /** The entry with the largest offset that is at most `offset`; the segment's begin if none is. */
  lookup(offset: number): OffsetPosition {
    return this.#entry(this.#slot(offset))
  }

  /** Position of the first entry with an offset after `offset`; undefined if there is none. */
  positionAfter(offset: number): number | undefined {
    const slot = this.#slot(offset) + 1
    return slot < this.#entries.count ? this.#entry(slot).position : undefined
  }

  /**
   * Offset of the first entry at `position` or later; undefined if there is none. The very first entry
   * has to be later, as Kafka's search doesn't look at it again (`AbstractIndex.binarySearch`).
   */
  offsetFrom(position: number): number | undefined {
    const bytes = this.#entries.buffer
    const isBefore = (at: number) => bytes.readInt32BE(at + 4) < position + (at === 0 ? 1 : 0)
    const slot = this.#entries.lastWhere(isBefore) + 1
    return slot < this.#entries.count ? this.#entry(slot).offset : undefined
  }

  /** Removes the entries for `offset` and what follows. */
  truncateTo(offset: number): void {
    const slot = this.#slot(offset)
    this.#entries.count = slot >= 0 && this.#entry(slot).offset === offset ? slot : slot + 1
  }

  toBuffer(): Buffer {
    return this.#entries.toBuffer()
  }

  #slot(offset: number): number {
    const relative = offset - this.baseOffset
    const bytes = this.#entries.buffer
    return this.#entries.lastWhere((at) => bytes.readInt32BE(at) <= relative)
  }

  #relative(slot: number): number {
    return slot < 0 ? 0 : this.#entries.buffer.readInt32BE(this.#entries.at(slot))
  }

  #entry(slot: number): OffsetPosition {
    if (slot < 0) return { offset: this.baseOffset, position: 0 }
    const at = this.#entries.at(slot)
    return {
      offset: this.baseOffset + this.#entries.buffer.readInt32BE(at),
      position: this.#entries.buffer.readInt32BE(at + 4),
    }
  }

  // Offsets and positions grow from the first entry to the last; checked at the ends, as Kafka does.
  #isSane(): boolean {
    const count = this.#entries.count
    if (count === 0) return true
    const last = this.#entry(count - 1)
    if (last.offset < this.baseOffset || last.position < 0) return false
    return count === 1 || (last.offset > this.#entry(0).offset && last.position > 0)
  }
}
