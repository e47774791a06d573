import type { OffsetAndEpoch } from '../client.js'
import { EpochHistory, type EpochStart } from './epoch-history.js'

/** The log as it is found at start. */
export interface LogStart {
  /** The snapshot that the log follows; absent when it begins at 0. */
  readonly base?: OffsetAndEpoch
  readonly epochs: readonly EpochStart[]
  readonly endOffset: number
  readonly latestSnapshotId?: OffsetAndEpoch
}

export type Validation =
  | { readonly kind: 'valid' }
  | { readonly kind: 'diverging'; readonly end: OffsetAndEpoch }
  | { readonly kind: 'snapshot'; readonly id: OffsetAndEpoch }

const VALID: Validation = { kind: 'valid' }

/**
 * The log's outline: its epochs, its ends, its snapshots. The end moves when an append is asked for,
 * the durable end only when the append is complete.
 */
export class LogView {
  readonly #epochs: EpochHistory
  #durableEndOffset: number
  #inFlight: { readonly appendId: number; readonly endOffset: number }[] = []
  #lastAppendId = 0
  #latestSnapshotId: OffsetAndEpoch | undefined

  constructor(start: LogStart) {
    this.#epochs = new EpochHistory(
      start.base ?? { offset: 0, epoch: 0 },
      start.epochs,
      start.endOffset,
    )
    this.#durableEndOffset = start.endOffset
    this.#latestSnapshotId = start.latestSnapshotId
  }

  get startOffset(): number {
    return this.#epochs.startOffset
  }

  get endOffset(): number {
    return this.#epochs.endOffset
  }

  get durableEndOffset(): number {
    return this.#durableEndOffset
  }

  get lastEpoch(): number {
    return this.#epochs.lastEpoch
  }

  get latestSnapshotId(): OffsetAndEpoch | undefined {
    return this.#latestSnapshotId
  }

  get appending(): boolean {
    return this.#inFlight.length > 0
  }

  /** The epochs of what the log holds. */
  epochs(): readonly EpochStart[] {
    return this.#epochs.starts()
  }

  epochAt(offset: number): number {
    return this.#epochs.epochAt(offset)
  }

  /** @returns the append's id; ids rise */
  beginAppend(epoch: number, endOffset: number): number {
    this.#epochs.append(epoch, endOffset)
    const appendId = ++this.#lastAppendId
    this.#inFlight.push({ appendId, endOffset })
    return appendId
  }

  completeAppend(appendId: number): void {
    while (this.#inFlight.length > 0 && this.#inFlight[0]!.appendId <= appendId) {
      this.#durableEndOffset = Math.max(this.#durableEndOffset, this.#inFlight.shift()!.endOffset)
    }
  }

  truncateTo(offset: number): void {
    this.#epochs.truncateTo(offset)
    this.#durableEndOffset = Math.min(this.#durableEndOffset, offset)
    // What is in flight still completes, but no longer counts for what comes after the cut.
    this.#inFlight = this.#inFlight.map(({ appendId, endOffset }) => ({
      appendId,
      endOffset: Math.min(endOffset, offset),
    }))
  }

  resetTo(snapshot: OffsetAndEpoch): void {
    this.#epochs.resetTo(snapshot)
    this.#durableEndOffset = snapshot.offset
    this.#latestSnapshotId = snapshot
    this.#inFlight = []
  }

  snapshotCreated(id: OffsetAndEpoch): void {
    if ((this.#latestSnapshotId?.offset ?? -1) < id.offset) this.#latestSnapshotId = id
  }

  advanceStart(snapshot: OffsetAndEpoch): void {
    if (snapshot.offset > this.startOffset) this.#epochs.advanceStart(snapshot)
  }

  endOffsetForEpoch(epoch: number): OffsetAndEpoch {
    return this.#epochs.endOffsetForEpoch(epoch)
  }

  /**
   * Whether a log that ends at `offset` with an entry of `epoch` is a beginning of this one
   * (`RaftLog.validateOffsetAndEpoch`).
   */
  validate(offset: number, epoch: number): Validation {
    const start = this.startOffset
    if (start > 0) {
      const baseEpoch = this.#epochs.endOffsetForEpoch(-1).epoch
      const atBase = offset === start && epoch !== baseEpoch
      if (offset < start || atBase || epoch < baseEpoch) {
        return { kind: 'snapshot', id: this.#latestSnapshotId! }
      }
    }
    const end = this.#epochs.endOffsetForEpoch(epoch)
    return end.epoch !== epoch || end.offset < offset ? { kind: 'diverging', end } : VALID
  }

  /** Where to cut so that nothing is left that the other log, which ends its epoch there, hasn't. */
  truncationPoint(end: OffsetAndEpoch): number {
    const local = this.#epochs.endOffsetForEpoch(end.epoch)
    return local.epoch === end.epoch ? Math.min(local.offset, end.offset) : local.offset
  }
}
