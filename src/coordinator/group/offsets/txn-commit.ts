import type { ErrorCode } from '../../../protocol/errors.js'
import type { TxnOffsetCommitRequest } from '../../../protocol/schema/txn-offset-commit.js'
import type { SupportedOperation } from '../../runtime/transaction.js'
import type { TxnOffsetCommitAnswer } from './offset-answers.js'

/** From this version on, clients know TRANSACTION_ABORTABLE (KIP-890). */
const VERSION_WITH_ABORTABLE_ERROR = 4
/** From this version on, the group's partition is added to the transaction with it (KIP-890). */
const VERSION_WITH_IMPLICIT_ADD = 5

/** What the client of a TxnOffsetCommit request of this version knows of transactions. */
export function txnOffsetCommitOperation(apiVersion: number): SupportedOperation {
  if (apiVersion >= VERSION_WITH_IMPLICIT_ADD) return 'addPartition'
  return apiVersion >= VERSION_WITH_ABORTABLE_ERROR ? 'genericError' : 'defaultError'
}

/** The answer that says of each partition that it failed. */
export function refusedTxnCommit(
  { topics }: TxnOffsetCommitRequest,
  errorCode: ErrorCode,
): TxnOffsetCommitAnswer {
  return {
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }
}
