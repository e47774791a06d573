import type { OffsetAndEpoch } from '../client.js'

/** The first offset that was written in an epoch. */
export interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

/**
 * Where each epoch of the log begins and ends, so that two logs can find the point up to which they
 * agree without reading them (KIP-101, KIP-279). Epochs and offsets both rise.
 */
export class EpochHistory {
  #starts: EpochStart[]
  #endOffset: number
  #base: OffsetAndEpoch

  /**
   * @param base where the log begins: the snapshot before it, or offset 0 and epoch 0
   * @param starts the epochs of what is in the log
   */
  constructor(base: OffsetAndEpoch, starts: readonly EpochStart[], endOffset: number) {
    this.#base = base
    this.#starts = starts.filter((start) => start.startOffset < endOffset)
    this.#endOffset = endOffset
  }

  get endOffset(): number {
    return this.#endOffset
  }

  /** Epoch of the last entry; that of the snapshot when the log holds none. */
  get lastEpoch(): number {
    return this.#starts.at(-1)?.epoch ?? this.#base.epoch
  }

  get startOffset(): number {
    return this.#base.offset
  }

  append(epoch: number, endOffset: number): void {
    if (epoch < this.lastEpoch || endOffset <= this.#endOffset) {
      throw new Error(
        `an append of epoch ${epoch} up to ${endOffset} doesn't follow epoch ${this.lastEpoch} at ${this.#endOffset}`,
      )
    }
    if (this.#starts.length === 0 || epoch > this.lastEpoch) {
      this.#starts.push({ epoch, startOffset: this.#endOffset })
    }
    this.#endOffset = endOffset
  }

  truncateTo(offset: number): void {
    this.#starts = this.#starts.filter((start) => start.startOffset < offset)
    this.#endOffset = Math.min(this.#endOffset, offset)
  }

  /** Everything before the snapshot leaves the log; what follows it stays. */
  advanceStart(snapshot: OffsetAndEpoch): void {
    this.#base = snapshot
    const first = this.#starts.findLastIndex((start) => start.startOffset <= snapshot.offset)
    if (first < 0) return
    const rest = this.#starts.slice(first)
    rest[0] = { epoch: rest[0]!.epoch, startOffset: snapshot.offset }
    this.#starts = rest.filter((start) => start.startOffset < this.#endOffset)
  }

  /** The log is empty and goes on after the snapshot. */
  resetTo(snapshot: OffsetAndEpoch): void {
    this.#base = snapshot
    this.#starts = []
    this.#endOffset = snapshot.offset
  }

  /** Epoch of the entry at `offset`, which must be in the log. */
  epochAt(offset: number): number {
    return this.#starts.findLast((start) => start.startOffset <= offset)?.epoch ?? this.#base.epoch
  }

  /**
   * The largest epoch of this log that isn't larger than `epoch`, and the offset after its last
   * entry; where the log begins, when there is none.
   */
  endOffsetForEpoch(epoch: number): OffsetAndEpoch {
    const index = this.#starts.findLastIndex((start) => start.epoch <= epoch)
    if (index < 0) return this.#base
    const end = this.#starts[index + 1]?.startOffset ?? this.#endOffset
    return { offset: end, epoch: this.#starts[index]!.epoch }
  }

  starts(): readonly EpochStart[] {
    return this.#starts
  }
}
