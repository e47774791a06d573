import type { ApiName } from '../../../src/protocol/api-keys.js'
import type { ErrorName } from '../../../src/protocol/errors.js'

const CLOSED = 'KafkaJSConnectionClosedError'
const TIMED_OUT = 'KafkaJSRequestTimeoutError'
const NO_COORDINATOR = 'KafkaJSGroupCoordinatorNotFound'
const NO_BROKER = 'KafkaJSNoBrokerAvailableError'

/** What a fault comes to for the user of kafkajs. */
export type End =
  /** Nothing, but time. */
  | 'goes on'
  /** A consumer crashes, and is started again by kafkajs. */
  | `restarts after ${string}`
  /** They are told. */
  | `fails: ${string}`

export interface Expected {
  /** Last version that kafkajs has. */
  readonly version: number
  /** One that may pass, and comes once. */
  readonly passing: readonly [ErrorName, End]
  /** One that won't pass, and comes each time. */
  readonly lasting: readonly [ErrorName, End]
  /** Several where it depends on what kafkajs is at when it hears of it. */
  readonly disconnected: End | readonly [End, End]
  readonly dropped: End
}

export const PRODUCER: Readonly<Partial<Record<ApiName, Expected>>> = {
  Produce: {
    version: 7,
    passing: ['NOT_LEADER_OR_FOLLOWER', 'goes on'],
    lasting: ['MESSAGE_TOO_LARGE', 'fails: MESSAGE_TOO_LARGE'],
    disconnected: 'goes on',
    dropped: 'goes on',
  },
  Metadata: {
    version: 6,
    passing: ['LEADER_NOT_AVAILABLE', 'goes on'],
    lasting: ['INVALID_TOPIC_EXCEPTION', 'fails: INVALID_TOPIC_EXCEPTION'],
    disconnected: `fails: ${CLOSED}`,
    dropped: `fails: ${TIMED_OUT}`,
  },
  FindCoordinator: {
    version: 2,
    passing: ['COORDINATOR_NOT_AVAILABLE', 'goes on'],
    lasting: ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', `fails: ${NO_COORDINATOR}`],
    disconnected: `fails: ${NO_COORDINATOR}`,
    dropped: `fails: ${NO_COORDINATOR}`,
  },
  InitProducerId: {
    version: 1,
    passing: ['CONCURRENT_TRANSACTIONS', 'goes on'],
    lasting: ['INVALID_TRANSACTION_TIMEOUT', 'fails: INVALID_TRANSACTION_TIMEOUT'],
    disconnected: `fails: ${CLOSED}`,
    dropped: `fails: ${TIMED_OUT}`,
  },
  AddPartitionsToTxn: {
    version: 1,
    passing: ['CONCURRENT_TRANSACTIONS', 'goes on'],
    lasting: ['INVALID_PRODUCER_EPOCH', 'fails: INVALID_PRODUCER_EPOCH'],
    disconnected: 'goes on',
    dropped: 'goes on',
  },
  // kafkajs leaves it to its user to ask again.
  EndTxn: {
    version: 1,
    passing: ['CONCURRENT_TRANSACTIONS', 'fails: CONCURRENT_TRANSACTIONS'],
    lasting: ['INVALID_TXN_STATE', 'fails: INVALID_TXN_STATE'],
    disconnected: `fails: ${CLOSED}`,
    dropped: `fails: ${TIMED_OUT}`,
  },
}

export const CONSUMER: Readonly<Partial<Record<ApiName, Expected>>> = {
  Fetch: {
    version: 11,
    passing: ['NOT_LEADER_OR_FOLLOWER', 'goes on'],
    lasting: ['TOPIC_AUTHORIZATION_FAILED', 'fails: TOPIC_AUTHORIZATION_FAILED'],
    disconnected: [`restarts after ${NO_BROKER}`, 'goes on'],
    dropped: 'goes on',
  },
  JoinGroup: {
    version: 5,
    passing: ['UNKNOWN_MEMBER_ID', 'goes on'],
    lasting: ['GROUP_AUTHORIZATION_FAILED', 'fails: GROUP_AUTHORIZATION_FAILED'],
    disconnected: `restarts after ${CLOSED}`,
    dropped: `restarts after ${TIMED_OUT}`,
  },
  SyncGroup: {
    version: 3,
    passing: ['REBALANCE_IN_PROGRESS', 'goes on'],
    lasting: ['GROUP_AUTHORIZATION_FAILED', 'fails: GROUP_AUTHORIZATION_FAILED'],
    disconnected: `restarts after ${CLOSED}`,
    dropped: `restarts after ${TIMED_OUT}`,
  },
  Heartbeat: {
    version: 3,
    passing: ['REBALANCE_IN_PROGRESS', 'goes on'],
    lasting: ['GROUP_AUTHORIZATION_FAILED', 'fails: GROUP_AUTHORIZATION_FAILED'],
    disconnected: 'goes on',
    dropped: 'goes on',
  },
  OffsetCommit: {
    version: 5,
    passing: ['COORDINATOR_LOAD_IN_PROGRESS', 'goes on'],
    lasting: ['GROUP_AUTHORIZATION_FAILED', 'fails: GROUP_AUTHORIZATION_FAILED'],
    disconnected: 'goes on',
    dropped: 'goes on',
  },
  OffsetFetch: {
    version: 4,
    passing: ['COORDINATOR_LOAD_IN_PROGRESS', 'goes on'],
    lasting: ['GROUP_AUTHORIZATION_FAILED', 'fails: GROUP_AUTHORIZATION_FAILED'],
    disconnected: 'goes on',
    dropped: 'goes on',
  },
}
