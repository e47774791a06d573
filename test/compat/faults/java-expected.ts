import type { ApiName } from '../../../src/protocol/api-keys.js'
import type { ErrorName } from '../../../src/protocol/errors.js'

/** An error and how what the user does ends: null without an exception, else that one's class. */
type Outcome = readonly [ErrorName, string | null]

/** What a fault comes to for the user of the Java client, who hears nothing of most. */
export interface Expected {
  /** One that may pass, and comes once. */
  readonly passing: Outcome
  /** One that won't pass. */
  readonly lasting: Outcome
}

export const PRODUCER: Readonly<Partial<Record<ApiName, Expected>>> = {
  Produce: {
    passing: ['NOT_LEADER_OR_FOLLOWER', null],
    lasting: ['MESSAGE_TOO_LARGE', 'RecordTooLargeException'],
  },
  Metadata: {
    passing: ['LEADER_NOT_AVAILABLE', null],
    lasting: ['INVALID_TOPIC_EXCEPTION', 'InvalidTopicException'],
  },
  FindCoordinator: {
    passing: ['COORDINATOR_NOT_AVAILABLE', null],
    lasting: ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'TransactionalIdAuthorizationException'],
  },
  InitProducerId: {
    passing: ['CONCURRENT_TRANSACTIONS', null],
    lasting: ['PRODUCER_FENCED', 'ProducerFencedException'],
  },
  AddPartitionsToTxn: {
    passing: ['CONCURRENT_TRANSACTIONS', null],
    lasting: ['TOPIC_AUTHORIZATION_FAILED', 'TopicAuthorizationException'],
  },
  EndTxn: {
    passing: ['CONCURRENT_TRANSACTIONS', null],
    lasting: ['INVALID_TXN_STATE', 'InvalidTxnStateException'],
  },
}

export const CONSUMER: Readonly<Partial<Record<ApiName, Expected>>> = {
  Fetch: {
    passing: ['NOT_LEADER_OR_FOLLOWER', null],
    lasting: ['TOPIC_AUTHORIZATION_FAILED', 'TopicAuthorizationException'],
  },
  JoinGroup: {
    passing: ['UNKNOWN_MEMBER_ID', null],
    lasting: ['GROUP_AUTHORIZATION_FAILED', 'GroupAuthorizationException'],
  },
  SyncGroup: {
    passing: ['REBALANCE_IN_PROGRESS', null],
    lasting: ['GROUP_AUTHORIZATION_FAILED', 'GroupAuthorizationException'],
  },
  Heartbeat: {
    passing: ['REBALANCE_IN_PROGRESS', null],
    lasting: ['FENCED_INSTANCE_ID', 'FencedInstanceIdException'],
  },
  OffsetCommit: {
    passing: ['COORDINATOR_LOAD_IN_PROGRESS', null],
    lasting: ['GROUP_AUTHORIZATION_FAILED', 'GroupAuthorizationException'],
  },
  OffsetFetch: {
    passing: ['COORDINATOR_LOAD_IN_PROGRESS', null],
    lasting: ['GROUP_AUTHORIZATION_FAILED', 'GroupAuthorizationException'],
  },
}
