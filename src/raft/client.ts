/** The `leaderId` of a {@link LeaderAndEpoch} while no leader is known. */
export const NO_LEADER = -1

/** Who leads the quorum, and in which epoch. */
export interface LeaderAndEpoch {
  /** Node id, {@link NO_LEADER} while none is known. */
  readonly leaderId: number
  readonly epoch: number
}

/** A point of the log: everything before `offset`, whose last entry was written in `epoch`. */
export interface OffsetAndEpoch {
  readonly offset: number
  readonly epoch: number
}

/** One committed batch of data records. Its records are applied together. */
export interface CommittedBatch {
  /** Offset of the first record; the others follow one by one. */
  readonly baseOffset: number
  /** The leader's epoch in which it was appended. */
  readonly epoch: number
  /** Milliseconds since the Unix epoch, by the clock of the leader that appended it. */
  readonly appendTimestamp: number
  /** The records' values. Their bytes never change; a listener may keep them. */
  readonly records: readonly Buffer[]
}

/** A whole state, as somebody wrote it with a {@link SnapshotWriter}. */
export interface Snapshot {
  /** The state holds everything before `id.offset`. */
  readonly id: OffsetAndEpoch
  /** Append time of the last record that the state holds, ms since the Unix epoch. */
  readonly lastContainedLogTimestamp: number
  /** The data records in the order they were written, a batch at a time. */
  batches(): Iterable<readonly Buffer[]>
}

/**
 * What the state machine over the log implements. Calls come in log order, one at a time, and may
 * not throw: whoever can't apply a committed record has lost its state.
 */
export interface RaftListener {
  /** Replaces the whole state, at start or when this node had fallen behind a leader's log start. */
  handleLoadSnapshot(snapshot: Snapshot): void
  handleCommit(batch: CommittedBatch): void
  /**
   * A new epoch or leader. When this node is the leader itself the call comes only after everything
   * committed before its epoch was handed to `handleCommit`, so that it may decide at once.
   */
  handleLeaderChange(leader: LeaderAndEpoch): void
}

/** Writes one snapshot file. Nothing of it is seen before `freeze` was answered. */
export interface SnapshotWriter {
  readonly id: OffsetAndEpoch
  append(records: readonly Buffer[]): void
  /**
   * Completes and syncs the file and makes it visible; then older snapshots and the log before it
   * may be deleted.
   */
  freeze(): Promise<void>
  /** Gives up: what was written is thrown away. Harmless after `freeze`. */
  close(): void
}

/** Thrown by an append of someone who isn't (or is no longer) the leader of that epoch. */
export class NotLeaderError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'NotLeaderError'
  }
}

/** One replica of a replicated log (Kafka's `RaftClient`). */
export interface RaftClient {
  readonly nodeId: number
  readonly leaderAndEpoch: LeaderAndEpoch
  /** Everything before this offset is committed; undefined until that is known. */
  readonly highWatermark: number | undefined
  readonly logEndOffset: number
  /**
   * Adds a listener. It is given the newest snapshot, then all committed batches after it, then what
   * follows; what is known already arrives before the call returns.
   */
  register(listener: RaftListener): void
  unregister(listener: RaftListener): void
  /**
   * Appends the records as one batch: all of them are committed or none. Batches commit in the order
   * they were scheduled. Whether one did is learned from `handleCommit` (or, if leadership is lost,
   * `handleLeaderChange`).
   *
   * @param epoch the epoch in which the caller believes to be the leader
   * @returns the offset of the last record
   * @throws NotLeaderError when this node doesn't lead in that epoch
   * @throws RangeError when there are no records, or more bytes than a batch may hold
   */
  scheduleAppend(epoch: number, records: readonly Buffer[]): number
  /** Gives up leadership of that epoch; nothing happens when this node doesn't lead in it. */
  resign(epoch: number): void
  /**
   * Begins a snapshot of everything before `id.offset`, which is at most the high watermark.
   *
   * @param lastContainedLogTimestamp append time of the last record that the snapshot holds, ms
   * @returns undefined when that snapshot exists already or a newer one does
   */
  createSnapshot(id: OffsetAndEpoch, lastContainedLogTimestamp: number): SnapshotWriter | undefined
  readonly latestSnapshotId: OffsetAndEpoch | undefined
  /** Stops taking part; a leader tells the others first, so that they needn't wait. */
  close(): Promise<void>
}
