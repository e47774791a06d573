import type { BrokerConfig } from '../../metadata/config/broker-config.js'

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
