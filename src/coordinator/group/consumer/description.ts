import type { Input } from '../../../protocol/codec/index.js'
import { ErrorCode } from '../../../protocol/errors.js'
import type { ConsumerGroupDescribeResponse } from '../../../protocol/schema/consumer-group-describe.js'
import type { GroupMetadata } from '../group-metadata.js'
import { preferredAssignor } from './assignors.js'
import { type ConsumerGroup, NO_TARGET } from './consumer-group.js'
import { type ConsumerGroupMember, usesClassicProtocol } from './consumer-group-member.js'

type One<T> = T extends readonly (infer Element)[] ? Element : never
export type DescribedConsumerGroup = One<Input<typeof ConsumerGroupDescribeResponse>['groups']>
type DescribedMember = One<DescribedConsumerGroup['members']>
type DescribedAssignment = DescribedMember['assignment']

/** What a member speaks (KIP-1099). */
const MemberType = { CLASSIC: 0, CONSUMER: 1 } as const

/** What ConsumerGroupDescribe says of a group. */
export function describedGroup(
  group: ConsumerGroup,
  defaultAssignor: string,
  metadata: GroupMetadata,
): DescribedConsumerGroup {
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    groupId: group.groupId,
    groupState: group.state,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: preferredAssignor(group) ?? defaultAssignor,
    members: group.membersInOrder().map((member) => describedMember(group, member, metadata)),
  }
}

/** A group of which there is only an error to be told. */
export function undescribedGroup(
  groupId: string,
  errorCode: ErrorCode,
  errorMessage: string | null,
): DescribedConsumerGroup {
  return {
    errorCode,
    errorMessage,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  }
}

function describedMember(
  group: ConsumerGroup,
  member: ConsumerGroupMember,
  metadata: GroupMetadata,
): DescribedMember {
  const { memberId, assignedPartitions, partitionsPendingRevocation } = member
  const assigned = new Map<string, number[]>()
  for (const assignment of [assignedPartitions, partitionsPendingRevocation]) {
    for (const [topicId, partitions] of assignment) {
      assigned.set(topicId, [...(assigned.get(topicId) ?? []), ...partitions.keys()])
    }
  }
  return {
    memberId,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: member.memberEpoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: [...member.subscribedTopicNames],
    subscribedTopicRegex: member.subscribedTopicRegex,
    assignment: describedAssignment(assigned, metadata),
    targetAssignment: describedAssignment(
      group.targetAssignment.get(memberId) ?? NO_TARGET,
      metadata,
    ),
    memberType: usesClassicProtocol(member) ? MemberType.CLASSIC : MemberType.CONSUMER,
  }
}

/** Topics that are no more are left out. */
function describedAssignment(
  assignment: ReadonlyMap<string, Iterable<number>>,
  metadata: GroupMetadata,
): DescribedAssignment {
  return {
    topicPartitions: [...assignment].flatMap(([topicId, partitions]) => {
      const topic = metadata.topicById(topicId)
      return topic === undefined
        ? []
        : [{ topicId, topicName: topic.name, partitions: [...partitions] }]
    }),
  }
}
