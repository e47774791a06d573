import type { TransactionCoordinatorConfig } from '../../../src/coordinator/transaction/transaction-config.js'

export const ABORT_INTERVAL_MS = 10_000
export const EXPIRATION_INTERVAL_MS = 3_600_000
export const EXPIRATION_MS = 7 * 24 * 3_600_000

export const TRANSACTION_CONFIG: TransactionCoordinatorConfig = {
  abortTimedOutIntervalMs: ABORT_INTERVAL_MS,
  maxTimeoutMs: 900_000,
  removeExpiredIntervalMs: EXPIRATION_INTERVAL_MS,
  requestTimeoutMs: 30_000,
  stateLogLoadBufferSize: 5_242_880,
  stateLogNumPartitions: 1,
  transactionalIdExpirationMs: EXPIRATION_MS,
  twoPhaseCommitEnable: false,
}
