import type { KafkaError } from '../protocol/errors.js'
import type { LogConfig } from './log-config.js'
import type { AbortedTxn } from './transaction-index.js'
import type { VerificationGuard } from './transaction-verification.js'

/** Called once. May be called before the function that was given it returns. */
export type LogCallback = (error: KafkaError | null) => void

/** Who appends; decides what is checked (Kafka's `AppendOrigin`). */
export const AppendOrigin = {
  /** A producer: sequences and producer epochs are checked. */
  CLIENT: 'client',
  /** A coordinator of this broker: its own records and transaction markers. */
  COORDINATOR: 'coordinator',
  /** The leader of the metadata quorum. */
  RAFT_LEADER: 'raftLeader',
} as const
export type AppendOrigin = (typeof AppendOrigin)[keyof typeof AppendOrigin]

/** A batch of a transaction that is about to be appended. */
export interface TransactionalBatch {
  readonly producerId: number
  readonly producerEpoch: number
  /** Of its first record; -1 if it has none (a coordinator's own). */
  readonly sequence: number
  /** Each transaction of the producer has an epoch of its own (transaction version 2, KIP-890). */
  readonly supportsEpochBump: boolean
}

/** What a leader knows of the transaction of its batches, beside what they say themselves (KIP-890). */
export interface TransactionContext {
  /**
   * From {@link Log.beginVerification}, when the coordinator has said that the partition is part of
   * the transaction.
   */
  readonly guard?: VerificationGuard | undefined
  /** The version of a transaction that a marker ends; 0 when it isn't known. */
  readonly transactionVersion?: number
}

/** Where an append went. The object belongs to that append alone. */
export interface LogAppendInfo {
  /** Offset of the first record; of the earlier append when this one is a duplicate of it. */
  readonly firstOffset: number
  /** Offset of the last record. */
  readonly lastOffset: number
  /** The largest timestamp in the batches, -1 if there is none. Of the first append if duplicate. */
  readonly maxTimestamp: number
  /** An idempotent producer had sent this batch before: nothing was written (KIP-98). */
  readonly duplicate: boolean
}

/**
 * Called when the append is on its file and readable, or has failed. An error is always
 * KAFKA_STORAGE_ERROR: what else may be wrong is thrown by `append` itself.
 */
export type AppendCallback = (error: KafkaError | null, info: LogAppendInfo) => void

/** Raw record batches out of a log. */
export interface LogSlice {
  /**
   * Whole batches, the first of which holds or follows the offset asked for, then as much of the
   * next as `maxBytes` left room for: a slice may end within a batch, as Kafka's do. Empty if there
   * was nothing to read. Valid until `release`.
   */
  readonly records: Buffer
  /** Not even the first batch was whole; never so with `minOneBatch`. */
  readonly firstEntryIncomplete: boolean
  /** Gives the buffer back, to be called once, after its bytes have left (to the socket, say). */
  release(): void
}

/** The end of an epoch (KIP-320); both -1 when nothing is known of it. */
export interface EpochEndOffset {
  readonly leaderEpoch: number
  readonly endOffset: number
}

/** A record found by its time. */
export interface TimestampAndOffset {
  readonly timestamp: number
  readonly offset: number
  /** -1 when unknown. */
  readonly leaderEpoch: number
}

/** Where a segment begins, and when it was last written to. */
export interface SegmentStart {
  readonly offset: number
  readonly modifiedMs: number
}

/** What a log has of a producer (DescribeProducers). */
export interface ProducerSummary {
  readonly producerId: number
  readonly producerEpoch: number
  /** Of the last batch; -1 if there is none. */
  readonly lastSequence: number
  readonly lastTimestamp: number
  readonly coordinatorEpoch: number
  /** First offset of the transaction in progress, -1 if there is none. */
  readonly currentTxnStartOffset: number
}

/**
 * One partition's log (Kafka's `UnifiedLog`). Its directory and files come with the first append.
 *
 * What is submitted in one turn of the event loop goes to the file in one write, and one write is
 * in flight at a time. `logEndOffset`, reads and callbacks move only when a write has completed, in
 * the order of submission. When a write fails, everything in flight fails with it and the log is
 * offline: every further call is refused with KAFKA_STORAGE_ERROR until it is opened again.
 */
export interface Log {
  readonly topic: string
  readonly partition: number
  /** Undefined until known (from partition.metadata or {@link LogOptions}). */
  readonly topicId: string | undefined
  /** The log's directory, absolute; it may not exist yet. */
  readonly directory: string
  config: LogConfig
  readonly offline: boolean

  readonly logStartOffset: number
  /** Offset after the last record that is on the file. */
  readonly logEndOffset: number
  /** What the next append gets: `logEndOffset` and all that is in flight. */
  readonly nextOffset: number
  /** Everything before it is committed. Moves only by {@link updateHighWatermark}. */
  readonly highWatermark: number
  /** First offset of the oldest transaction still open, at most the high watermark (KIP-98). */
  readonly lastStableOffset: number
  /** Everything before it survives a crash. */
  readonly recoveryPoint: number
  /** Epoch of the last record; undefined when none is known. */
  readonly latestEpoch: number | undefined
  /** Bytes of all segments. */
  readonly size: number
  readonly segmentCount: number

  /**
   * Appends validated v2 batches as the leader. Assigns offsets and sets base offset and partition
   * leader epoch in place (neither is covered by the batch's CRC); the buffer must not change, and
   * must stay alive, until `done`.
   *
   * @returns what `done` will be given too
   * @throws KafkaError RECORD_LIST_TOO_LARGE; CORRUPT_MESSAGE for bytes that aren't whole batches;
   *   INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE, TRANSACTION_COORDINATOR_FENCED; for CLIENT also
   *   OUT_OF_ORDER_SEQUENCE_NUMBER and MESSAGE_TOO_LARGE; KAFKA_STORAGE_ERROR when offline
   */
  append(
    batches: Buffer,
    leaderEpoch: number,
    origin: AppendOrigin,
    done: AppendCallback,
    context?: TransactionContext,
  ): LogAppendInfo
  /**
   * Appends what was fetched from a leader: offsets and epochs stay as they are. Bytes after the last
   * whole batch, which a fetch may end with, are ignored.
   *
   * @throws KafkaError as `append`; OFFSET_OUT_OF_RANGE (and nothing is appended) when the first
   *   offset is before `nextOffset`
   */
  appendAsFollower(batches: Buffer, done: AppendCallback): LogAppendInfo

  /**
   * Reads from the batch that holds `offset`, or the next one after a gap.
   *
   * @param maxBytes so many at most, but for a larger first batch with `minOneBatch`
   * @param upToOffset nothing from this offset on: log end, high watermark or last stable offset
   * @returns at once when the bytes are likely cached, otherwise when they have been read
   * @throws KafkaError (or rejects with) OFFSET_OUT_OF_RANGE outside of log start and log end,
   *   KAFKA_STORAGE_ERROR, CORRUPT_MESSAGE where the file has something else than a batch
   */
  read(
    offset: number,
    maxBytes: number,
    upToOffset: number,
    minOneBatch: boolean,
  ): LogSlice | Promise<LogSlice>

  /**
   * The aborted transactions that a slice of `bytes` which was read at `offset` may have records of,
   * and perhaps some that begin shortly after it (for `read_committed`, KIP-98).
   *
   * @throws KafkaError KAFKA_STORAGE_ERROR
   */
  abortedTransactions(offset: number, bytes: number): AbortedTxn[]

  /**
   * Bytes of the batches from the one that holds `offset` to the one that holds `upToOffset`, without
   * it; infinite when these are in different segments.
   *
   * @throws KafkaError KAFKA_STORAGE_ERROR
   */
  bytesBetween(offset: number, upToOffset: number): number
  /** Of all segments, in order; none before the first append. A new array. */
  segmentStarts(): SegmentStart[]

  /** @returns whether it moved. Values beyond the log are cut to log start and log end. */
  updateHighWatermark(offset: number): boolean
  /** Syncs all that has completed (fsync), then moves the recovery point. */
  flush(done: LogCallback): void
  /** Begins a new segment, unless the active one is empty. */
  roll(): void
  /**
   * Removes everything from `offset` on, once what is in flight has ended. An offset after the end
   * changes nothing; one before the start empties the log and starts it there.
   */
  truncateTo(offset: number, done: LogCallback): void
  /** Empties the log and begins it anew at `offset` (a follower too far behind, a raft snapshot). */
  truncateFullyAndStartAt(offset: number, done: LogCallback): void
  /**
   * Moves the log start forward (DeleteRecords, raft snapshots); what lies before it is not read any
   * more, and whole segments before it go with the next {@link deleteOldSegments}.
   *
   * @returns whether it moved
   * @throws KafkaError OFFSET_OUT_OF_RANGE for an offset after the high watermark
   */
  advanceLogStartOffset(offset: number): boolean
  /**
   * Deletes what retention by time, size and log start allows.
   *
   * @returns how many segments
   * @throws KafkaError KAFKA_STORAGE_ERROR when the disk fails at it
   */
  deleteOldSegments(): number

  /** The earliest record whose timestamp is at least `timestamp` (ListOffsets). */
  offsetForTimestamp(timestamp: number): Promise<TimestampAndOffset | undefined>
  /** The first record with the largest timestamp of the log (ListOffsets -3, KIP-734). */
  offsetForMaxTimestamp(): Promise<TimestampAndOffset | undefined>
  /** Where `leaderEpoch`, or the largest epoch before it, ended (OffsetForLeaderEpoch). */
  endOffsetForEpoch(leaderEpoch: number): EpochEndOffset
  /** The epoch of the record at `offset`; undefined when unknown. */
  epochForOffset(offset: number): number | undefined
  /** Notes that an epoch begins at the log's end, when this node becomes its leader. */
  assignEpochStartOffset(leaderEpoch: number, startOffset: number): void

  /**
   * Before a transactional batch is appended: whether its coordinator has to be asked if the partition
   * is part of the transaction (Kafka's `UnifiedLog.maybeStartTransactionVerification`).
   *
   * @returns what the append is to be given after that; undefined when the log knows already
   * @throws KafkaError INVALID_PRODUCER_EPOCH
   */
  beginVerification(batch: TransactionalBatch): VerificationGuard | undefined
  /** Producers whose state hasn't expired. */
  activeProducers(): ProducerSummary[]
  /** Forgets producers that haven't written for `producer.id.expiration.ms`. */
  removeExpiredProducers(): void

  /** Waits for what is in flight, syncs, writes indexes and a producer snapshot, closes the files. */
  close(done: LogCallback): void
}
