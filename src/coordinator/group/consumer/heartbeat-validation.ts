import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import type { ConsumerGroupHeartbeatRequest } from '../../../protocol/schema/consumer-group-heartbeat.js'
import {
  JOINING_MEMBER_EPOCH,
  LEAVING_MEMBER_EPOCH,
  LEAVING_STATIC_MEMBER_EPOCH,
} from './consumer-group-member.js'

/** From this version on, members make up their ids themselves (KIP-1082). */
const VERSION_WITH_MEMBER_ID_OF_CLIENT = 1
const NOT_GIVEN = -1

/** What Java's `trim` leaves nothing of. */
const BLANK = /^[\0- ]*$/

/**
 * Refuses what doesn't make sense whatever the group is like (Kafka's
 * `GroupCoordinatorService.throwIfConsumerGroupHeartbeatRequestIsInvalid`).
 *
 * @throws KafkaError INVALID_REQUEST, UNSUPPORTED_ASSIGNOR
 */
export function requireValidHeartbeat(
  request: ConsumerGroupHeartbeatRequest,
  apiVersion: number,
  assignors: readonly string[],
): void {
  const { memberEpoch, serverAssignor } = request
  const hasMemberId =
    apiVersion >= VERSION_WITH_MEMBER_ID_OF_CLIENT ||
    memberEpoch > JOINING_MEMBER_EPOCH ||
    memberEpoch === LEAVING_MEMBER_EPOCH
  if (hasMemberId) requireNotBlank(request.memberId, 'MemberId')
  requireNotBlank(request.groupId, 'GroupId')
  requireNotBlank(request.instanceId, 'InstanceId')
  requireNotBlank(request.rackId, 'RackId')
  if (memberEpoch === JOINING_MEMBER_EPOCH) requireComplete(request)
  else if (memberEpoch === LEAVING_STATIC_MEMBER_EPOCH) {
    if (request.instanceId === null) throw invalid("InstanceId can't be null.")
  } else if (memberEpoch < LEAVING_STATIC_MEMBER_EPOCH) throw invalid('MemberEpoch is invalid.')
  if (serverAssignor !== null && !assignors.includes(serverAssignor)) {
    throw new KafkaError(
      ErrorCode.UNSUPPORTED_ASSIGNOR,
      `ServerAssignor ${serverAssignor} is not supported. ` +
        `Supported assignors: ${assignors.join(', ')}.`,
    )
  }
}

/** A member that joins says everything of itself, and has nothing. */
function requireComplete(request: ConsumerGroupHeartbeatRequest): void {
  if (request.rebalanceTimeoutMs === NOT_GIVEN) {
    throw invalid('RebalanceTimeoutMs must be provided in first request.')
  }
  if (request.topicPartitions?.length !== 0) {
    throw invalid('TopicPartitions must be empty when (re-)joining.')
  }
  if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null) {
    throw invalid(
      'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.',
    )
  }
}

function requireNotBlank(value: string | null, field: string): void {
  if (value !== null && BLANK.test(value)) throw invalid(`${field} can't be empty.`)
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message)
}
