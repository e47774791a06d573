import type { AnyMessage } from '../../../protocol/codec/index.js'
import {
  ConsumerGroupCurrentMemberAssignmentKey,
  type ConsumerGroupCurrentMemberAssignmentValue,
  ConsumerGroupMemberMetadataKey,
  type ConsumerGroupMemberMetadataValue,
  ConsumerGroupMetadataKey,
  type ConsumerGroupMetadataValue,
  ConsumerGroupPartitionMetadataKey,
  ConsumerGroupRegularExpressionKey,
  type ConsumerGroupRegularExpressionValue,
  ConsumerGroupTargetAssignmentMemberKey,
  type ConsumerGroupTargetAssignmentMemberValue,
  ConsumerGroupTargetAssignmentMetadataKey,
  type ConsumerGroupTargetAssignmentMetadataValue,
} from '../../../protocol/schema/consumer-group-records.js'
import type { CoordinatorRecord } from '../../runtime/record.js'
import type { MemberAssignment } from './assignor.js'
import type { ConsumerGroup, ResolvedRegularExpression } from './consumer-group.js'
import type { ConsumerGroupMember, EpochAssignment } from './consumer-group-member.js'

/** The records of consumer groups, as Kafka's `GroupCoordinatorRecordHelpers` makes them. */

/** All of them have this one in Kafka 4.3. */
const VERSION = 0

function record<V>(schema: AnyMessage, key: unknown, value: V | null): CoordinatorRecord {
  return { type: schema.key, key, version: VERSION, value }
}

export function memberSubscriptionRecord(
  groupId: string,
  member: ConsumerGroupMember,
): CoordinatorRecord {
  const { memberId, serverAssignorName } = member
  return record<ConsumerGroupMemberMetadataValue>(
    ConsumerGroupMemberMetadataKey,
    { groupId, memberId },
    {
      instanceId: member.instanceId,
      rackId: member.rackId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      subscribedTopicNames: [...member.subscribedTopicNames].sort(),
      subscribedTopicRegex: member.subscribedTopicRegex,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      serverAssignor: serverAssignorName,
      classicMemberMetadata: member.classicMemberMetadata,
    },
  )
}

export function groupEpochRecord(
  groupId: string,
  epoch: number,
  metadataHash: bigint,
): CoordinatorRecord {
  return record<ConsumerGroupMetadataValue>(
    ConsumerGroupMetadataKey,
    { groupId },
    { epoch, metadataHash },
  )
}

export function targetAssignmentRecord(
  groupId: string,
  memberId: string,
  assignment: MemberAssignment,
): CoordinatorRecord {
  return record<ConsumerGroupTargetAssignmentMemberValue>(
    ConsumerGroupTargetAssignmentMemberKey,
    { groupId, memberId },
    {
      topicPartitions: [...assignment].map(([topicId, partitions]) => ({
        topicId,
        partitions: [...partitions],
      })),
    },
  )
}

export function targetAssignmentMetadataRecord(
  groupId: string,
  assignmentEpoch: number,
  assignmentTimestamp: number,
): CoordinatorRecord {
  return record<ConsumerGroupTargetAssignmentMetadataValue>(
    ConsumerGroupTargetAssignmentMetadataKey,
    { groupId },
    { assignmentEpoch, assignmentTimestamp },
  )
}

export function currentAssignmentRecord(
  groupId: string,
  member: ConsumerGroupMember,
): CoordinatorRecord {
  return record<ConsumerGroupCurrentMemberAssignmentValue>(
    ConsumerGroupCurrentMemberAssignmentKey,
    { groupId, memberId: member.memberId },
    {
      memberEpoch: member.memberEpoch,
      previousMemberEpoch: member.previousMemberEpoch,
      state: member.state,
      assignedPartitions: topicPartitions(member.assignedPartitions),
      partitionsPendingRevocation: topicPartitions(member.partitionsPendingRevocation),
    },
  )
}

export function regularExpressionRecord(
  groupId: string,
  regularExpression: string,
  { topics, version, timestampMs }: ResolvedRegularExpression,
): CoordinatorRecord {
  return record<ConsumerGroupRegularExpressionValue>(
    ConsumerGroupRegularExpressionKey,
    { groupId, regularExpression },
    { topics: [...topics].sort(), version, timestamp: timestampMs },
  )
}

export function regularExpressionTombstone(
  groupId: string,
  regularExpression: string,
): CoordinatorRecord {
  return record(ConsumerGroupRegularExpressionKey, { groupId, regularExpression }, null)
}

/** Of what Kafka kept before 4.1, in place of the hash. */
export function subscriptionMetadataTombstone(groupId: string): CoordinatorRecord {
  return record(ConsumerGroupPartitionMetadataKey, { groupId }, null)
}

/** All that is kept of a member goes. */
export function memberTombstones(groupId: string, memberId: string): CoordinatorRecord[] {
  const key = { groupId, memberId }
  return [
    record(ConsumerGroupCurrentMemberAssignmentKey, key, null),
    record(ConsumerGroupTargetAssignmentMemberKey, key, null),
    record(ConsumerGroupMemberMetadataKey, key, null),
  ]
}

/**
 * All that is kept of a group goes.
 *
 * @param memberIds of those that it has on the log by now
 */
export function groupTombstones(
  { groupId, members, resolvedRegularExpressions }: ConsumerGroup,
  memberIds: Iterable<string> = members.keys(),
): CoordinatorRecord[] {
  const keys = [...memberIds].map((memberId) => ({ groupId, memberId }))
  return [
    ...keys.map((key) => record(ConsumerGroupCurrentMemberAssignmentKey, key, null)),
    ...keys.map((key) => record(ConsumerGroupTargetAssignmentMemberKey, key, null)),
    record(ConsumerGroupTargetAssignmentMetadataKey, { groupId }, null),
    ...keys.map((key) => record(ConsumerGroupMemberMetadataKey, key, null)),
    ...[...resolvedRegularExpressions.keys()].map((regex) =>
      regularExpressionTombstone(groupId, regex),
    ),
    subscriptionMetadataTombstone(groupId),
    record(ConsumerGroupMetadataKey, { groupId }, null),
  ]
}

function topicPartitions(
  assignment: EpochAssignment,
): ConsumerGroupCurrentMemberAssignmentValue['assignedPartitions'] {
  return [...assignment].map(([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions.keys()],
    assignmentEpochs: [...partitions.values()],
  }))
}
