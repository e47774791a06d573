import { AppendOrigin, type Log } from '../storage/log.js'
import type { EpochStart } from './core/epoch-history.js'
import type { Done, RaftLog } from './storage.js'

/**
 * A partition's log as the raft log. An append counts once it is synced; one sync is under way at a
 * time, and what was written meanwhile shares the next.
 */
export class StorageLog implements RaftLog {
  /** Written and waiting for the next sync. */
  #written: Done[] = []
  #syncing = false

  constructor(private readonly log: Log) {}

  get startOffset(): number {
    return this.log.logStartOffset
  }

  get endOffset(): number {
    return this.log.logEndOffset
  }

  get size(): number {
    return this.log.size
  }

  epochs(): EpochStart[] {
    const starts: EpochStart[] = []
    let startOffset = this.log.logStartOffset
    while (startOffset < this.log.logEndOffset) {
      const epoch = this.log.epochForOffset(startOffset)
      if (epoch === undefined) break
      starts.push({ epoch, startOffset })
      startOffset = this.log.endOffsetForEpoch(epoch).endOffset
    }
    return starts
  }

  append(batch: Buffer, epoch: number, done: Done): void {
    this.log.append(batch, epoch, AppendOrigin.RAFT_LEADER, (error) => this.#wrote(error, done))
  }

  appendFetched(batches: Buffer, done: Done): void {
    this.log.appendAsFollower(batches, (error) => this.#wrote(error, done))
  }

  #wrote(error: Error | null, done: Done): void {
    if (error) {
      done(error)
      return
    }
    this.#written.push(done)
    this.#sync()
  }

  #sync(): void {
    if (this.#syncing || this.#written.length === 0) return
    this.#syncing = true
    const waiting = this.#written
    this.#written = []
    this.log.flush((error) => {
      for (const done of waiting) done(error)
      this.#syncing = false
      this.#sync()
    })
  }

  read(offset: number, maxBytes: number, upToOffset: number): Buffer | Promise<Buffer> {
    const slice = this.log.read(offset, maxBytes, upToOffset, true)
    return slice instanceof Promise ? slice.then(copyOf) : copyOf(slice)
  }

  sync(done: Done): void {
    this.log.flush(done)
  }

  truncateTo(offset: number, done: Done): void {
    this.log.truncateTo(offset, (error) => {
      if (error) done(error)
      else this.log.flush(done)
    })
  }

  truncateFullyAndStartAt(offset: number, done: Done): void {
    this.log.truncateFullyAndStartAt(offset, (error) => {
      if (error) done(error)
      else this.log.flush(done)
    })
  }

  updateHighWatermark(offset: number): void {
    this.log.updateHighWatermark(offset)
  }

  advanceStart(offset: number): void {
    this.log.advanceLogStartOffset(offset)
    this.log.deleteOldSegments()
  }

  close(done: Done): void {
    this.log.close(done)
  }
}

function copyOf(slice: { readonly records: Buffer; release(): void }): Buffer {
  const bytes = Buffer.from(slice.records)
  slice.release()
  return bytes
}
