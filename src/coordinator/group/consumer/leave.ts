import type { ConsumerGroupHeartbeatRequest } from '../../../protocol/schema/consumer-group-heartbeat.js'
import type { CoordinatorRecord } from '../../runtime/record.js'
import type { ConsumerGroup } from './consumer-group.js'
import {
  atEpoch,
  type ConsumerGroupMember,
  LEAVING_STATIC_MEMBER_EPOCH,
  NO_PARTITIONS,
} from './consumer-group-member.js'
import type { Fencing } from './fencing.js'
import { requireStaticMember } from './membership.js'
import { currentAssignmentRecord } from './records.js'

/**
 * A member leaves, for good or, a static one, for a while: then nobody gets its partitions until its
 * session is over (Kafka's `GroupMetadataManager.consumerGroupLeave`).
 *
 * @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID
 */
export function leave(
  group: ConsumerGroup,
  { memberId, instanceId, memberEpoch }: ConsumerGroupHeartbeatRequest,
  fencing: Fencing,
): readonly CoordinatorRecord[] {
  if (instanceId === null) return fencing.fence(group, [group.requireMember(memberId)])
  const member = requireStaticMember(group, memberId, instanceId)
  return memberEpoch === LEAVING_STATIC_MEMBER_EPOCH
    ? [currentAssignmentRecord(group.groupId, withdrawn(member))]
    : fencing.fence(group, [member])
}

/** It keeps what it has, which whoever comes back is to have had for ever. */
function withdrawn(member: ConsumerGroupMember): ConsumerGroupMember {
  return {
    ...member,
    memberEpoch: LEAVING_STATIC_MEMBER_EPOCH,
    assignedPartitions: atEpoch(member.assignedPartitions, 0),
    partitionsPendingRevocation: NO_PARTITIONS,
  }
}
