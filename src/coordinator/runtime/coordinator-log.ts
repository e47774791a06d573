import type { KafkaError } from '../../protocol/errors.js'
import type { LogSlice, TransactionContext } from '../../storage/log.js'
import type { VerificationGuard } from '../../storage/transaction-verification.js'
import type { TransactionalWriter } from './transaction.js'

/** Called once when an append is on the log, or has failed and left nothing there. */
export type CoordinatorAppendCallback = (error: KafkaError | null) => void

/** The log of one partition that this node leads, as its coordinator needs it. */
export interface CoordinatorLog {
  /** As in messages: `__consumer_offsets-3`. */
  readonly name: string
  /** Of this node, as it leads the partition. */
  readonly leaderEpoch: number
  readonly logStartOffset: number
  /** Offset after the last record that can be read. */
  readonly logEndOffset: number
  /** Everything before it is committed. */
  readonly highWatermark: number
  /** The topic's `max.message.bytes`: a larger batch would be refused. */
  readonly maxBatchBytes: number

  /**
   * Reads whole batches from `offset` on, up to the log's end, at least one, and about `maxBytes`.
   *
   * @throws KafkaError (or rejects with) what storage says
   */
  read(offset: number, maxBytes: number): LogSlice | Promise<LogSlice>
  /**
   * Appends one batch as the leader; offsets are assigned in place. `done`s come in the order of the
   * appends, and may come before this returns.
   *
   * @returns the offset after the batch's last record
   * @throws KafkaError when it is refused (NOT_ENOUGH_REPLICAS, NOT_LEADER_OR_FOLLOWER,
   *   MESSAGE_TOO_LARGE, KAFKA_STORAGE_ERROR, INVALID_TXN_STATE, …); then `done` isn't called
   */
  append(batch: Buffer, done: CoordinatorAppendCallback, context?: TransactionContext): number
  /**
   * Has the transaction coordinator say that this partition is part of the writer's transaction, or
   * add it (KIP-890).
   *
   * @returns what the append is to be given; undefined when the log knows already. Rejects with the
   *   coordinator's error
   */
  verifyTransaction(writer: TransactionalWriter): Promise<VerificationGuard | undefined>
  /** Calls `listener` with each new high watermark. @returns what ends it */
  watchHighWatermark(listener: (highWatermark: number) => void): () => void
}
