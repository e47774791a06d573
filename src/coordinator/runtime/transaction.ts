import { buildEndTxnMarker, ControlRecordType } from '../../protocol/records/index.js'
import type { VerificationGuard } from '../../storage/transaction-verification.js'

/**
 * What the client of a transactional write knows, by the version of its request (Kafka's
 * `TransactionSupportedOperation`, KIP-890):
 * - `defaultError`: INVALID_TXN_STATE where its transaction can only be aborted
 * - `genericError`: TRANSACTION_ABORTABLE there
 * - `addPartition`: that the write itself adds its partition to the transaction (transaction version 2)
 */
export type SupportedOperation = 'defaultError' | 'genericError' | 'addPartition'

/** Who writes in a transaction, as the transaction coordinator knows it. */
export interface TransactionalWriter {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly operation: SupportedOperation
}

/** Whose transaction a batch is part of. */
export interface TransactionalProducer {
  readonly producerId: number
  readonly producerEpoch: number
  /** That the transaction coordinator has the partition in the transaction. */
  readonly guard: VerificationGuard | undefined
}

/** The end of a transaction in one partition: what its marker says (KIP-98). */
export interface TransactionEnd {
  readonly producerId: number
  readonly producerEpoch: number
  /** Leader epoch of the transaction coordinator's partition. */
  readonly coordinatorEpoch: number
  /** Otherwise aborted. */
  readonly committed: boolean
  /** Of the transaction; 0 when it isn't known. */
  readonly transactionVersion: number
}

/** The batch that ends a transaction in one partition. */
export function markerOf(end: TransactionEnd, timestamp: number): Buffer {
  const { producerId, producerEpoch, coordinatorEpoch, committed } = end
  return buildEndTxnMarker({
    type: committed ? ControlRecordType.COMMIT : ControlRecordType.ABORT,
    producerId,
    producerEpoch,
    coordinatorEpoch,
    timestamp,
  })
}
