import type { SupportedOperation, TransactionalWriter } from '../coordinator/runtime/transaction.js'
import type { Clock } from '../env/clock.js'
import { ErrorCode, errorName, KafkaError } from '../protocol/errors.js'
import type {
  AddPartitionsToTxnManager,
  PartitionToVerify,
  Verified,
} from './add-partitions-to-txn-manager.js'
import type { DynamicBrokerConfig } from './dynamic-broker-config.js'
import type { Partition } from './partition.js'

/** From this version on, producers know TRANSACTION_ABORTABLE. */
const VERSION_WITH_GENERIC_ERROR = 11
/** From this version on, a batch adds its partition to the transaction. */
const VERSION_WITH_ADD_PARTITION = 12

/** What says that a transaction can't be verified now; old producers retry on another error only. */
const UNVERIFIABLE: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.NETWORK_EXCEPTION,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
])

/** What may become of the batch of each partition that was asked about. */
export type VerifiedPartitions = ReadonlyMap<Partition, Verified>

/** Why a batch's transaction stands against it; the producer is told with the error's message. */
export class VerificationError extends KafkaError {}

export interface ProduceVerificationServices {
  readonly partitionsToTxn: AddPartitionsToTxnManager
  readonly config: DynamicBrokerConfig
  /** The pacing one. */
  readonly clock: Clock
}

/** What the client of a Produce request knows of transactions (KIP-890). */
export function produceOperation(apiVersion: number): SupportedOperation {
  if (apiVersion >= VERSION_WITH_ADD_PARTITION) return 'addPartition'
  return apiVersion >= VERSION_WITH_GENERIC_ERROR ? 'genericError' : 'defaultError'
}

/**
 * Whether the batches of a Produce request are part of their transaction, as its producer is to be told
 * (Kafka's `ReplicaManager.handleProduceAppend`).
 *
 * @returns at once where the logs know; never rejects
 */
export function verifyProduce(
  services: ProduceVerificationServices,
  writer: TransactionalWriter,
  partitions: readonly PartitionToVerify[],
): VerifiedPartitions | Promise<VerifiedPartitions> {
  const first = services.partitionsToTxn.verify(writer, partitions)
  if (!(first instanceof Promise)) return asProducerSeesThem(first, writer.operation)
  return first
    .then((verified) => retry(services, writer, partitions, verified))
    .then((verified) => asProducerSeesThem(verified, writer.operation))
}

/**
 * The markers of the transaction before may still be on their way, but not for long: producers that
 * begin the next one with a batch needn't know.
 */
async function retry(
  { partitionsToTxn, config, clock }: ProduceVerificationServices,
  writer: TransactionalWriter,
  partitions: readonly PartitionToVerify[],
  first: VerifiedPartitions,
): Promise<VerifiedPartitions> {
  if (writer.operation !== 'addPartition') return first
  const { current } = config
  const backoffMs = current.get('add.partitions.to.txn.retry.backoff.ms')
  const maxMs = Math.min(
    current.get('add.partitions.to.txn.retry.backoff.max.ms'),
    current.get('request.timeout.ms'),
  )
  const endMs = clock.now() + maxMs
  let verified = first
  while (isConcurrent(verified) && clock.now() < endMs) {
    await new Promise<void>((resolve) => {
      clock.after(backoffMs, resolve)
    })
    verified = await partitionsToTxn.verify(writer, partitions)
  }
  return verified
}

function isConcurrent(verified: VerifiedPartitions): boolean {
  return [...verified.values()].some(
    ({ error }) => error?.code === ErrorCode.CONCURRENT_TRANSACTIONS,
  )
}

function asProducerSeesThem(
  verified: VerifiedPartitions,
  operation: SupportedOperation,
): VerifiedPartitions {
  const told = new Map<Partition, Verified>()
  for (const [partition, result] of verified) {
    const { error } = result
    told.set(partition, error === undefined ? result : { error: translate(error.code, operation) })
  }
  return told
}

function translate(code: ErrorCode, operation: SupportedOperation): VerificationError {
  if (code === ErrorCode.INVALID_TXN_STATE) {
    return new VerificationError(code, 'Partition was not added to the transaction')
  }
  const isConcurrent = code === ErrorCode.CONCURRENT_TRANSACTIONS && operation !== 'addPartition'
  if (!UNVERIFIABLE.has(code) && !isConcurrent) return new VerificationError(code)
  return new VerificationError(
    ErrorCode.NOT_ENOUGH_REPLICAS,
    'Unable to verify the partition has been added to the transaction. ' +
      `Underlying error: ${errorName(code)}`,
  )
}
