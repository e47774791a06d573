import type { ErrorCode } from '../../../protocol/errors.js'
import type { TxnOffsetCommitRequest } from '../../../protocol/schema/txn-offset-commit.js'
import type { SupportedOperation } from '../../runtime/transaction.js'
import type { TxnOffsetCommitAnswer } from './offset-answers.js'

/** What the client of a TxnOffsetCommit request of this version knows of transactions. */
export function txnOffsetCommitOperation(apiVersion: number): SupportedOperation {
  if (apiVersion >= 5) return 'addPartition'
  return apiVersion === 4 ? 'genericError' : 'defaultError'
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
