import type { BrokerConfig } from '../../metadata/config/broker-config.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import type { InitProducerIdRequest } from '../../protocol/schema/init-producer-id.js'
import { NO_TIMEOUT_MS } from './transaction.js'

/** The broker's settings of transactions. Times are in milliseconds. */
export interface TransactionCoordinatorConfig {
  /** How often transactions are looked for that have taken too long. */
  readonly abortTimedOutIntervalMs: number
  /** The longest timeout that a producer may ask for. */
  readonly maxTimeoutMs: number
  /** How often ids are looked for that have expired. */
  readonly removeExpiredIntervalMs: number
  /** How long a request waits until its records are committed. */
  readonly requestTimeoutMs: number
  readonly stateLogLoadBufferSize: number
  readonly stateLogNumPartitions: number
  /** An id that has had no transaction for so long is forgotten. */
  readonly transactionalIdExpirationMs: number
  /** Whether transactions without a timeout may be asked for (KIP-939). */
  readonly twoPhaseCommitEnable: boolean
}

export function transactionCoordinatorConfig(config: BrokerConfig): TransactionCoordinatorConfig {
  return {
    abortTimedOutIntervalMs: config.get(
      'transaction.abort.timed.out.transaction.cleanup.interval.ms',
    ),
    maxTimeoutMs: config.get('transaction.max.timeout.ms'),
    removeExpiredIntervalMs: config.get(
      'transaction.remove.expired.transaction.cleanup.interval.ms',
    ),
    requestTimeoutMs: config.get('request.timeout.ms'),
    stateLogLoadBufferSize: config.get('transaction.state.log.load.buffer.size'),
    stateLogNumPartitions: config.get('transaction.state.log.num.partitions'),
    transactionalIdExpirationMs: config.get('transactional.id.expiration.ms'),
    twoPhaseCommitEnable: config.get('transaction.two.phase.commit.enable'),
  }
}

/**
 * How long each transaction of a producer may take.
 *
 * @throws KafkaError when what it asks for can't be had: INVALID_REQUEST, INVALID_TRANSACTION_TIMEOUT,
 *   TRANSACTIONAL_ID_AUTHORIZATION_FAILED, UNSUPPORTED_VERSION
 */
export function transactionTimeoutMs(
  { twoPhaseCommitEnable, maxTimeoutMs }: TransactionCoordinatorConfig,
  request: InitProducerIdRequest,
): number {
  const { transactionalId, transactionTimeoutMs: timeoutMs, enable2Pc, keepPreparedTxn } = request
  if (transactionalId === '') throw new KafkaError(ErrorCode.INVALID_REQUEST)
  if (enable2Pc && !twoPhaseCommitEnable) {
    throw new KafkaError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  }
  // Not there yet in Kafka 4.3 either (KIP-939).
  if (keepPreparedTxn) throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION)
  if (enable2Pc) return NO_TIMEOUT_MS
  if (timeoutMs > 0 && timeoutMs <= maxTimeoutMs) return timeoutMs
  throw new KafkaError(ErrorCode.INVALID_TRANSACTION_TIMEOUT)
}
