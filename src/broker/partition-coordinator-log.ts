import type {
  CoordinatorAppendCallback,
  CoordinatorLog,
} from '../coordinator/runtime/coordinator-log.js'
import type { TransactionalWriter } from '../coordinator/runtime/transaction.js'
import type { LogSlice, TransactionContext } from '../storage/log.js'
import type { VerificationGuard } from '../storage/transaction-verification.js'
import type { AddPartitionsToTxnManager } from './add-partitions-to-txn-manager.js'
import type { Partition } from './partition.js'

/** A partition that this node leads, as the log of its coordinator. */
export class PartitionCoordinatorLog implements CoordinatorLog {
  readonly name: string

  constructor(
    private readonly partition: Partition,
    private readonly transactions: AddPartitionsToTxnManager,
  ) {
    this.name = partition.name
  }

  get leaderEpoch(): number {
    return this.partition.leaderEpoch
  }

  get logStartOffset(): number {
    return this.partition.log.logStartOffset
  }

  get logEndOffset(): number {
    return this.partition.log.logEndOffset
  }

  get highWatermark(): number {
    return this.partition.highWatermark
  }

  get maxBatchBytes(): number {
    return this.partition.settings.log.maxMessageBytes
  }

  read(offset: number, maxBytes: number): LogSlice | Promise<LogSlice> {
    const { log } = this.partition
    return log.read(offset, maxBytes, log.logEndOffset, true)
  }

  append(batch: Buffer, done: CoordinatorAppendCallback, context?: TransactionContext): number {
    return this.partition.appendOwn(batch, done, context).lastOffset + 1
  }

  verifyTransaction(writer: TransactionalWriter): Promise<VerificationGuard | undefined> {
    return this.transactions.verifyPartition(this.partition, writer)
  }

  watchHighWatermark(listener: (highWatermark: number) => void): () => void {
    return this.partition.watchHighWatermark(listener)
  }
}
