import type { Input } from '../../protocol/codec/index.js'
import { ErrorCode } from '../../protocol/errors.js'
import type {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from '../../protocol/schema/add-partitions-to-txn.js'
import { TopicPartitions } from './topic-partitions.js'

type One<T> = T extends readonly (infer Element)[] ? Element : never
export type TransactionToAddTo = One<AddPartitionsToTxnRequest['transactions']>
export type AddedToTransaction = One<
  NonNullable<Input<typeof AddPartitionsToTxnResponse>['resultsByTransaction']>
>

/** From this version on, AddPartitionsToTxn is what brokers send, for several transactions (KIP-890). */
export const VERSION_WITH_BATCHES = 4

/** The transactions of a request, whatever its version. */
export function transactionsToAddTo(
  apiVersion: number,
  request: AddPartitionsToTxnRequest,
): readonly TransactionToAddTo[] {
  if (apiVersion >= VERSION_WITH_BATCHES) return request.transactions
  return [
    {
      transactionalId: request.v3AndBelowTransactionalId,
      producerId: request.v3AndBelowProducerId,
      producerEpoch: request.v3AndBelowProducerEpoch,
      verifyOnly: false,
      topics: request.v3AndBelowTopics,
    },
  ]
}

export function partitionsToAdd({ topics }: TransactionToAddTo): TopicPartitions {
  return TopicPartitions.of(
    topics.map(({ name, partitions }) => ({ topic: name, partitionIds: partitions })),
  )
}

/** The answer about them. @param errorCode of the whole request, which only versions for brokers have */
export function answerOf(
  apiVersion: number,
  results: readonly AddedToTransaction[],
  errorCode: ErrorCode = ErrorCode.NONE,
): Input<typeof AddPartitionsToTxnResponse> {
  return apiVersion >= VERSION_WITH_BATCHES
    ? { throttleTimeMs: 0, errorCode, resultsByTransaction: [...results] }
    : { throttleTimeMs: 0, resultsByTopicV3AndBelow: results[0]!.topicResults }
}

/** What is answered of a transaction that all of it, or nothing, was added to. */
export function allOfTransaction(
  { transactionalId, topics }: TransactionToAddTo,
  partitionErrorCode: ErrorCode,
): AddedToTransaction {
  return {
    transactionalId,
    topicResults: topics.map(({ name, partitions }) => ({
      name,
      resultsByPartition: partitions.map((partitionIndex) => ({
        partitionIndex,
        partitionErrorCode,
      })),
    })),
  }
}

/** What is answered of a transaction whose partitions differ, each of them once. */
export function eachOfTransaction(
  transaction: TransactionToAddTo,
  errorOf: (topic: string, partition: number) => ErrorCode,
): AddedToTransaction {
  return {
    transactionalId: transaction.transactionalId,
    topicResults: partitionsToAdd(transaction)
      .inHashOrder()
      .topics()
      .map(({ topic, partitionIds }) => ({
        name: topic,
        resultsByPartition: partitionIds.map((partitionIndex) => ({
          partitionIndex,
          partitionErrorCode: errorOf(topic, partitionIndex),
        })),
      })),
  }
}
