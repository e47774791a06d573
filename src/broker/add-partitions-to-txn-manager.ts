import type { SupportedOperation, TransactionalWriter } from '../coordinator/runtime/transaction.js'
import { TRANSACTION_STATE_TOPIC } from '../coordinator/transaction/transaction-topic.js'
import type { Logger } from '../env/logger.js'
import type { MetadataImage } from '../metadata/image.js'
import type { Input } from '../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import type {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from '../protocol/schema/add-partitions-to-txn.js'
import type { VerificationGuard } from '../storage/transaction-verification.js'
import type { Partition } from './partition.js'

/** The version whose requests brokers send each other: several transactions, verification too. */
const BROKERS_VERSION = 5
/** `sequence` of what a coordinator writes. */
const NO_SEQUENCE = -1

/** Who knows which partitions a transaction has. */
export interface TransactionPartitions {
  /** Answers AddPartitionsToTxn (KIP-890); never rejects. */
  addPartitionsToTxn(
    context: { readonly apiVersion: number },
    request: AddPartitionsToTxnRequest,
  ): Promise<Input<typeof AddPartitionsToTxnResponse>>
}

/** What a transactional batch may be appended with, or why it may not. */
export interface Verified {
  readonly guard?: VerificationGuard | undefined
  readonly error?: KafkaError
}

/** A partition that is about to get a batch of a transaction. */
export interface PartitionToVerify {
  readonly partition: Partition
  /** Of the batch's first record. */
  readonly sequence: number
}

export interface AddPartitionsToTxnManagerOptions {
  readonly coordinator: TransactionPartitions
  readonly metadata: () => MetadataImage
  /** `transaction.partition.verification.enable` */
  readonly isEnabled: () => boolean
  readonly logger: Logger
}

/**
 * Has transaction coordinators say that partitions are part of a transaction, or add them, before
 * anything of it is appended there (KIP-890, Kafka's `AddPartitionsToTxnManager`).
 */
export class AddPartitionsToTxnManager {
  constructor(private readonly options: AddPartitionsToTxnManagerOptions) {}

  /** @returns of each partition what may become of its batch; at once where the logs know; never rejects */
  verify(
    writer: TransactionalWriter,
    asked: readonly PartitionToVerify[],
  ): ReadonlyMap<Partition, Verified> | Promise<ReadonlyMap<Partition, Verified>> {
    const verified = new Map<Partition, Verified>()
    const addsPartition = writer.operation === 'addPartition'
    if (!addsPartition && !this.options.isEnabled()) return verified
    const unknown: Partition[] = []
    for (const { partition, sequence } of asked) {
      const result = begin(partition, sequence, writer)
      verified.set(partition, result)
      if (result.guard !== undefined) unknown.push(partition)
    }
    if (unknown.length === 0) return verified
    return this.#ask(writer, unknown).then((errors) => {
      for (const [partition, error] of errors) verified.set(partition, { error })
      return verified
    })
  }

  /**
   * The same for a partition to which a coordinator writes.
   *
   * @returns what the append is to be given; rejects with a KafkaError
   */
  async verifyPartition(
    partition: Partition,
    writer: TransactionalWriter,
  ): Promise<VerificationGuard | undefined> {
    const verified = await this.verify(writer, [{ partition, sequence: NO_SEQUENCE }])
    const { guard, error } = verified.get(partition) ?? {}
    if (error !== undefined) throw error
    return guard
  }

  /** @returns the errors, by partition; those without one are part of the transaction */
  async #ask(
    writer: TransactionalWriter,
    partitions: readonly Partition[],
  ): Promise<ReadonlyMap<Partition, KafkaError>> {
    const failAll = (code: ErrorCode) => new Map(partitions.map((p) => [p, new KafkaError(code)]))
    if (!this.options.metadata().topicsByName.has(TRANSACTION_STATE_TOPIC)) {
      return failAll(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    }
    const { coordinator, logger } = this.options
    const asked = byTopic(partitions)
    const request = requestOf(writer, asked)
    const answer = await coordinator.addPartitionsToTxn({ apiVersion: BROKERS_VERSION }, request)
    if (answer.errorCode !== undefined && answer.errorCode !== ErrorCode.NONE) {
      logger.error({ errorCode: answer.errorCode }, 'a transaction cannot be verified')
      return failAll(answer.errorCode as ErrorCode)
    }
    const errors = new Map<Partition, KafkaError>()
    for (const { topicResults } of answer.resultsByTransaction ?? []) {
      for (const { name, resultsByPartition } of topicResults) {
        for (const { partitionIndex, partitionErrorCode } of resultsByPartition) {
          if (partitionErrorCode === ErrorCode.NONE) continue
          const partition = asked.get(name)?.get(partitionIndex)
          const code = asWriterSeesIt(partitionErrorCode as ErrorCode, writer.operation)
          if (partition !== undefined) errors.set(partition, new KafkaError(code))
        }
      }
    }
    return errors
  }
}

function begin(partition: Partition, sequence: number, writer: TransactionalWriter): Verified {
  const { producerId, producerEpoch, operation } = writer
  const supportsEpochBump = operation === 'addPartition'
  try {
    const batch = { producerId, producerEpoch, sequence, supportsEpochBump }
    return { guard: partition.beginVerification(batch) }
  } catch (error) {
    if (error instanceof KafkaError) return { error }
    throw error
  }
}

type PartitionsByTopic = ReadonlyMap<string, ReadonlyMap<number, Partition>>

function byTopic(partitions: readonly Partition[]): PartitionsByTopic {
  const topics = new Map<string, Map<number, Partition>>()
  for (const each of partitions) {
    const known = topics.get(each.topic)
    if (known === undefined) topics.set(each.topic, new Map([[each.partition, each]]))
    else known.set(each.partition, each)
  }
  return topics
}

function requestOf(
  { transactionalId, producerId, producerEpoch, operation }: TransactionalWriter,
  topics: PartitionsByTopic,
): AddPartitionsToTxnRequest {
  return {
    transactions: [
      {
        transactionalId,
        producerId,
        producerEpoch,
        verifyOnly: operation !== 'addPartition',
        topics: [...topics].map(([name, indexes]) => ({ name, partitions: [...indexes.keys()] })),
      },
    ],
    v3AndBelowTransactionalId: '',
    v3AndBelowProducerId: 0,
    v3AndBelowProducerEpoch: 0,
    v3AndBelowTopics: [],
  }
}

function asWriterSeesIt(code: ErrorCode, operation: SupportedOperation): ErrorCode {
  // What producers expect of a partition's leader.
  if (code === ErrorCode.PRODUCER_FENCED) return ErrorCode.INVALID_PRODUCER_EPOCH
  const isKnown = operation !== 'defaultError'
  if (code === ErrorCode.TRANSACTION_ABORTABLE && !isKnown) return ErrorCode.INVALID_TXN_STATE
  return code
}
