import type { OffsetAndEpoch } from './client.js'
import type { QuorumState } from './core/effects.js'
import type { EpochStart } from './core/epoch-history.js'

/** Called once; may be called before the function that was given it returns. */
export type Done = (error: Error | null) => void

/**
 * The replicated log as the driver needs it. Appends complete in the order in which they were asked
 * for, and only once they are synced.
 */
export interface RaftLog {
  readonly startOffset: number
  readonly endOffset: number
  /** Bytes. */
  readonly size: number
  /**
   * The epochs of what the log holds, the first one from `startOffset` on. None when the first isn't
   * known: then the log was cut within a segment, which is still whole.
   */
  epochs(): EpochStart[]
  /** Appends one batch at the end, as the leader of `epoch`. */
  append(batch: Buffer, epoch: number, done: Done): void
  /** Appends batches as they were fetched, offsets and epochs kept. */
  appendFetched(batches: Buffer, done: Done): void
  /**
   * Whole batches from the one that holds `offset`, up to `upToOffset`; at least one, then as many as
   * `maxBytes` allow. The bytes are the caller's to keep.
   */
  read(offset: number, maxBytes: number, upToOffset: number): Buffer | Promise<Buffer>
  /** Makes sure of all that has been written, by whomever. */
  sync(done: Done): void
  /** Complete once it survives a crash, like the next one. */
  truncateTo(offset: number, done: Done): void
  /** Empties the log and begins it anew at `offset`. */
  truncateFullyAndStartAt(offset: number, done: Done): void
  updateHighWatermark(offset: number): void
  /** Forgets what is before `offset`, which is at most the high watermark. */
  advanceStart(offset: number): void
  close(done: Done): void
}

/** The file `quorum-state`. */
export interface QuorumStateStore {
  /** @throws Error when there is one that can't be read */
  read(): QuorumState | undefined
  /** Complete once it survives a crash. */
  write(state: QuorumState, done: Done): void
}

/** The bytes of a snapshot that is being written; nobody else sees them before `freeze`. */
export interface SnapshotFile {
  readonly id: OffsetAndEpoch
  readonly size: number
  append(bytes: Buffer): void
  /** Makes it a snapshot that survives a crash. */
  freeze(done: Done): void
  discard(): void
}

/** The files `<offset>-<epoch>.checkpoint`. */
export interface SnapshotStore {
  /** Ids of the complete ones, the oldest first. */
  list(): OffsetAndEpoch[]
  /** Bytes; undefined when there is no such snapshot. */
  size(id: OffsetAndEpoch): number | undefined
  read(id: OffsetAndEpoch, position: number, maxBytes: number): Buffer
  create(id: OffsetAndEpoch): SnapshotFile
  remove(id: OffsetAndEpoch): void
}

/** What one replica keeps. */
export interface RaftStorage {
  readonly log: RaftLog
  readonly quorumState: QuorumStateStore
  readonly snapshots: SnapshotStore
}
