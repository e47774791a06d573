import {
  array,
  bigint,
  bytes,
  type Infer,
  int8,
  int32,
  int64,
  record,
  string,
  struct,
  uuid,
} from '../codec/index.js'

export const ConsumerGroupMetadataKey = record('ConsumerGroupMetadataKey', 3, '0', 'none', {
  groupId: string,
})
export type ConsumerGroupMetadataKey = Infer<typeof ConsumerGroupMetadataKey>

export const ConsumerGroupMetadataValue = record('ConsumerGroupMetadataValue', 3, '0', '0+', {
  epoch: int32,
  metadataHash: bigint.tagged(0).default(0n),
})
export type ConsumerGroupMetadataValue = Infer<typeof ConsumerGroupMetadataValue>

export const ConsumerGroupPartitionMetadataKey = record(
  'ConsumerGroupPartitionMetadataKey',
  4,
  '0',
  'none',
  {
    groupId: string,
  },
)
export type ConsumerGroupPartitionMetadataKey = Infer<typeof ConsumerGroupPartitionMetadataKey>

export const ConsumerGroupPartitionMetadataValue = record(
  'ConsumerGroupPartitionMetadataValue',
  4,
  '0',
  '0+',
  {
    topics: array({
      topicId: uuid,
      topicName: string,
      numPartitions: int32,
      partitionMetadata: array({
        partition: int32,
        racks: array(string),
      }),
    }),
  },
)
export type ConsumerGroupPartitionMetadataValue = Infer<typeof ConsumerGroupPartitionMetadataValue>

export const ConsumerGroupMemberMetadataKey = record(
  'ConsumerGroupMemberMetadataKey',
  5,
  '0',
  'none',
  {
    groupId: string,
    memberId: string,
  },
)
export type ConsumerGroupMemberMetadataKey = Infer<typeof ConsumerGroupMemberMetadataKey>

export const ConsumerGroupMemberMetadataValue = record(
  'ConsumerGroupMemberMetadataValue',
  5,
  '0',
  '0+',
  {
    instanceId: string.nullable,
    rackId: string.nullable,
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
    subscribedTopicRegex: string.nullable,
    rebalanceTimeoutMs: int32.default(-1),
    serverAssignor: string.nullable,
    classicMemberMetadata: struct({
      sessionTimeoutMs: int32,
      supportedProtocols: array({
        name: string,
        metadata: bytes,
      }),
    }).nullable.tagged(0),
  },
)
export type ConsumerGroupMemberMetadataValue = Infer<typeof ConsumerGroupMemberMetadataValue>

export const ConsumerGroupTargetAssignmentMetadataKey = record(
  'ConsumerGroupTargetAssignmentMetadataKey',
  6,
  '0',
  'none',
  {
    groupId: string,
  },
)
export type ConsumerGroupTargetAssignmentMetadataKey = Infer<
  typeof ConsumerGroupTargetAssignmentMetadataKey
>

export const ConsumerGroupTargetAssignmentMetadataValue = record(
  'ConsumerGroupTargetAssignmentMetadataValue',
  6,
  '0',
  '0+',
  {
    assignmentEpoch: int32,
    assignmentTimestamp: int64.tagged(0).ignorable.default(0),
  },
)
export type ConsumerGroupTargetAssignmentMetadataValue = Infer<
  typeof ConsumerGroupTargetAssignmentMetadataValue
>

export const ConsumerGroupTargetAssignmentMemberKey = record(
  'ConsumerGroupTargetAssignmentMemberKey',
  7,
  '0',
  'none',
  {
    groupId: string,
    memberId: string,
  },
)
export type ConsumerGroupTargetAssignmentMemberKey = Infer<
  typeof ConsumerGroupTargetAssignmentMemberKey
>

export const ConsumerGroupTargetAssignmentMemberValue = record(
  'ConsumerGroupTargetAssignmentMemberValue',
  7,
  '0',
  '0+',
  {
    topicPartitions: array({
      topicId: uuid,
      partitions: array(int32),
    }),
  },
)
export type ConsumerGroupTargetAssignmentMemberValue = Infer<
  typeof ConsumerGroupTargetAssignmentMemberValue
>

export const ConsumerGroupCurrentMemberAssignmentKey = record(
  'ConsumerGroupCurrentMemberAssignmentKey',
  8,
  '0',
  'none',
  {
    groupId: string,
    memberId: string,
  },
)
export type ConsumerGroupCurrentMemberAssignmentKey = Infer<
  typeof ConsumerGroupCurrentMemberAssignmentKey
>

const TopicPartitions = struct({
  topicId: uuid,
  partitions: array(int32),
  assignmentEpochs: array(int32).nullable.tagged(0),
})

export const ConsumerGroupCurrentMemberAssignmentValue = record(
  'ConsumerGroupCurrentMemberAssignmentValue',
  8,
  '0',
  '0+',
  {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    assignedPartitions: array(TopicPartitions),
    partitionsPendingRevocation: array(TopicPartitions),
  },
)
export type ConsumerGroupCurrentMemberAssignmentValue = Infer<
  typeof ConsumerGroupCurrentMemberAssignmentValue
>

export const ConsumerGroupRegularExpressionKey = record(
  'ConsumerGroupRegularExpressionKey',
  16,
  '0',
  'none',
  {
    groupId: string,
    regularExpression: string,
  },
)
export type ConsumerGroupRegularExpressionKey = Infer<typeof ConsumerGroupRegularExpressionKey>

export const ConsumerGroupRegularExpressionValue = record(
  'ConsumerGroupRegularExpressionValue',
  16,
  '0',
  '0+',
  {
    topics: array(string),
    version: int64,
    timestamp: int64,
  },
)
export type ConsumerGroupRegularExpressionValue = Infer<typeof ConsumerGroupRegularExpressionValue>
