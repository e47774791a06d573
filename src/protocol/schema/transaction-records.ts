import { array, type Infer, int8, int16, int32, int64, record, string } from '../codec/index.js'

export const TransactionLogKey = record('TransactionLogKey', 0, '0', 'none', {
  transactionalId: string,
})
export type TransactionLogKey = Infer<typeof TransactionLogKey>

export const TransactionLogValue = record('TransactionLogValue', 0, '0-1', '1+', {
  producerId: int64,
  previousProducerId: int64.in('1+').tagged(0).default(-1),
  nextProducerId: int64.in('1+').tagged(1).default(-1),
  producerEpoch: int16,
  nextProducerEpoch: int16.in('1+').tagged(3).default(-1),
  transactionTimeoutMs: int32,
  transactionStatus: int8,
  transactionPartitions: array({
    topic: string,
    partitionIds: array(int32),
  }).nullable,
  transactionLastUpdateTimestampMs: int64,
  transactionStartTimestampMs: int64,
  clientTransactionVersion: int16.in('1+').tagged(2).default(0),
})
export type TransactionLogValue = Infer<typeof TransactionLogValue>
