import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import type { CoordinatorRecord } from '../../runtime/record.js'
import { type ConsumerGroup, NO_TARGET } from './consumer-group.js'
import {
  type ConsumerGroupMember,
  type EpochAssignment,
  JOINING_MEMBER_EPOCH,
  LEAVING_STATIC_MEMBER_EPOCH,
  usesClassicProtocol,
} from './consumer-group-member.js'
import type { OwnedPartitions } from './current-assignment.js'
import {
  currentAssignmentRecord,
  memberSubscriptionRecord,
  memberTombstones,
  targetAssignmentRecord,
} from './records.js'

/**
 * A member that joins. A static one takes the place of the one that it was, with what that had.
 *
 * @param records to which is added what that takes
 * @param protocol that it joins with; who has the classic one doesn't let go of its instance id
 * @throws KafkaError UNRELEASED_INSTANCE_ID
 */
export function joiningMember(
  group: ConsumerGroup,
  memberId: string,
  instanceId: string | null,
  records: CoordinatorRecord[],
  protocol: 'consumer' | 'classic' = 'consumer',
): ConsumerGroupMember {
  const former = group.staticMember(instanceId)
  if (former === undefined) return group.memberOrNew(memberId)
  if (protocol === 'consumer' && !usesClassicProtocol(former)) {
    requireReleased(former, memberId, instanceId)
  }
  const member: ConsumerGroupMember = {
    ...former,
    memberId,
    memberEpoch: JOINING_MEMBER_EPOCH,
    previousMemberEpoch: JOINING_MEMBER_EPOCH,
  }
  const { groupId, targetAssignment } = group
  const target = targetAssignment.get(former.memberId) ?? NO_TARGET
  // Under its own id it isn't gone, nor is its session.
  if (former.memberId !== memberId) records.push(...memberTombstones(groupId, former.memberId))
  records.push(
    memberSubscriptionRecord(groupId, member),
    targetAssignmentRecord(groupId, memberId, target),
    currentAssignmentRecord(groupId, member),
  )
  return member
}

/**
 * There is room for another member, or it is one already.
 *
 * @throws KafkaError GROUP_MAX_SIZE_REACHED
 */
export function requireRoom(group: ConsumerGroup, memberId: string, maxMembers: number): void {
  if (group.size < maxMembers || group.member(memberId) !== undefined) return
  throw new KafkaError(
    ErrorCode.GROUP_MAX_SIZE_REACHED,
    `The consumer group has reached its maximum capacity of ${maxMembers} members.`,
  )
}

function requireReleased(
  former: ConsumerGroupMember,
  memberId: string,
  instanceId: string | null,
): void {
  if (former.memberEpoch === LEAVING_STATIC_MEMBER_EPOCH) return
  throw new KafkaError(
    ErrorCode.UNRELEASED_INSTANCE_ID,
    `Static member ${memberId} with instance id ${instanceId} cannot join the group because ` +
      `the instance id is owned by ${former.memberId} member.`,
  )
}

/**
 * The static member that has the instance id, which must be the one that asks.
 *
 * @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID
 */
export function requireStaticMember(
  group: ConsumerGroup,
  memberId: string,
  instanceId: string,
): ConsumerGroupMember {
  const member = group.staticMember(instanceId)
  if (member === undefined) {
    throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, `Instance id ${instanceId} is unknown.`)
  }
  if (member.memberId === memberId) return member
  throw new KafkaError(
    ErrorCode.FENCED_INSTANCE_ID,
    `Static member ${memberId} with instance id ${instanceId} was fenced by ` +
      `member ${member.memberId}.`,
  )
}

/**
 * The member knows its epoch. It may have missed the answer that brought it to the one it has, as long
 * as it doesn't have what it is no longer to have.
 *
 * @throws KafkaError FENCED_MEMBER_EPOCH
 */
export function requireMemberEpoch(
  member: ConsumerGroupMember,
  received: number,
  owned: OwnedPartitions,
): void {
  const { memberEpoch, previousMemberEpoch, assignedPartitions } = member
  if (received === memberEpoch) return
  const isGreater = received > memberEpoch
  const hasMissedAnswer = received === previousMemberEpoch && isSubset(owned, assignedPartitions)
  if (!isGreater && hasMissedAnswer) return
  throw new KafkaError(
    ErrorCode.FENCED_MEMBER_EPOCH,
    `The consumer group member has a ${isGreater ? 'greater' : 'smaller'} member epoch ` +
      `(${received}) than the one known by the group coordinator (${memberEpoch}). ` +
      'The member must abandon all its partitions and rejoin.',
  )
}

function isSubset(owned: OwnedPartitions, assigned: EpochAssignment): boolean {
  if (owned === null) return false
  return owned.every(({ topicId, partitions }) => {
    const of = assigned.get(topicId)
    return of !== undefined && partitions.every((partition) => of.has(partition))
  })
}
