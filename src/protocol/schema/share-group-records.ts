import {
  array,
  bigint,
  type Infer,
  int8,
  int32,
  int64,
  record,
  string,
  struct,
  uuid,
} from '../codec/index.js'

export const ShareGroupMemberMetadataKey = record('ShareGroupMemberMetadataKey', 10, '0', 'none', {
  groupId: string,
  memberId: string,
})
export type ShareGroupMemberMetadataKey = Infer<typeof ShareGroupMemberMetadataKey>

export const ShareGroupMemberMetadataValue = record(
  'ShareGroupMemberMetadataValue',
  10,
  '0',
  '0+',
  {
    rackId: string.nullable,
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
  },
)
export type ShareGroupMemberMetadataValue = Infer<typeof ShareGroupMemberMetadataValue>

export const ShareGroupMetadataKey = record('ShareGroupMetadataKey', 11, '0', 'none', {
  groupId: string,
})
export type ShareGroupMetadataKey = Infer<typeof ShareGroupMetadataKey>

export const ShareGroupMetadataValue = record('ShareGroupMetadataValue', 11, '0', '0+', {
  epoch: int32,
  metadataHash: bigint,
})
export type ShareGroupMetadataValue = Infer<typeof ShareGroupMetadataValue>

export const ShareGroupTargetAssignmentMetadataKey = record(
  'ShareGroupTargetAssignmentMetadataKey',
  12,
  '0',
  'none',
  {
    groupId: string,
  },
)
export type ShareGroupTargetAssignmentMetadataKey = Infer<
  typeof ShareGroupTargetAssignmentMetadataKey
>

export const ShareGroupTargetAssignmentMetadataValue = record(
  'ShareGroupTargetAssignmentMetadataValue',
  12,
  '0',
  '0+',
  {
    assignmentEpoch: int32,
    assignmentTimestamp: int64.tagged(0).ignorable.default(0),
  },
)
export type ShareGroupTargetAssignmentMetadataValue = Infer<
  typeof ShareGroupTargetAssignmentMetadataValue
>

export const ShareGroupTargetAssignmentMemberKey = record(
  'ShareGroupTargetAssignmentMemberKey',
  13,
  '0',
  'none',
  {
    groupId: string,
    memberId: string,
  },
)
export type ShareGroupTargetAssignmentMemberKey = Infer<typeof ShareGroupTargetAssignmentMemberKey>

export const ShareGroupTargetAssignmentMemberValue = record(
  'ShareGroupTargetAssignmentMemberValue',
  13,
  '0',
  '0+',
  {
    topicPartitions: array({
      topicId: uuid,
      partitions: array(int32),
    }),
  },
)
export type ShareGroupTargetAssignmentMemberValue = Infer<
  typeof ShareGroupTargetAssignmentMemberValue
>

export const ShareGroupCurrentMemberAssignmentKey = record(
  'ShareGroupCurrentMemberAssignmentKey',
  14,
  '0',
  'none',
  {
    groupId: string,
    memberId: string,
  },
)
export type ShareGroupCurrentMemberAssignmentKey = Infer<
  typeof ShareGroupCurrentMemberAssignmentKey
>

const TopicPartitions = struct({
  topicId: uuid,
  partitions: array(int32),
})

export const ShareGroupCurrentMemberAssignmentValue = record(
  'ShareGroupCurrentMemberAssignmentValue',
  14,
  '0',
  '0+',
  {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    assignedPartitions: array(TopicPartitions),
  },
)
export type ShareGroupCurrentMemberAssignmentValue = Infer<
  typeof ShareGroupCurrentMemberAssignmentValue
>

export const ShareGroupStatePartitionMetadataKey = record(
  'ShareGroupStatePartitionMetadataKey',
  15,
  '0',
  'none',
  {
    groupId: string,
  },
)
export type ShareGroupStatePartitionMetadataKey = Infer<typeof ShareGroupStatePartitionMetadataKey>

const TopicPartitionsInfo = struct({
  topicId: uuid,
  topicName: string,
  partitions: array(int32),
})

const TopicInfo = struct({
  topicId: uuid,
  topicName: string,
})

export const ShareGroupStatePartitionMetadataValue = record(
  'ShareGroupStatePartitionMetadataValue',
  15,
  '0',
  '0+',
  {
    initializingTopics: array(TopicPartitionsInfo),
    initializedTopics: array(TopicPartitionsInfo),
    deletingTopics: array(TopicInfo),
  },
)
export type ShareGroupStatePartitionMetadataValue = Infer<
  typeof ShareGroupStatePartitionMetadataValue
>
