import {
  array,
  bigint,
  type Infer,
  int8,
  int16,
  int32,
  int64,
  record,
  string,
  struct,
  uint16,
} from '../codec/index.js'

export const StreamsGroupMetadataKey = record('StreamsGroupMetadataKey', 17, '0', 'none', {
  groupId: string,
})
export type StreamsGroupMetadataKey = Infer<typeof StreamsGroupMetadataKey>

const LastAssignmentConfig = struct({
  key: string,
  value: string,
})

export const StreamsGroupMetadataValue = record('StreamsGroupMetadataValue', 17, '0', '0+', {
  epoch: int32,
  metadataHash: bigint,
  validatedTopologyEpoch: int32.tagged(0).default(-1),
  lastAssignmentConfigs: array(LastAssignmentConfig).nullable.tagged(1),
})
export type StreamsGroupMetadataValue = Infer<typeof StreamsGroupMetadataValue>

export const StreamsGroupMemberMetadataKey = record(
  'StreamsGroupMemberMetadataKey',
  19,
  '0',
  'none',
  {
    groupId: string,
    memberId: string,
  },
)
export type StreamsGroupMemberMetadataKey = Infer<typeof StreamsGroupMemberMetadataKey>

const Endpoint = struct({
  host: string,
  port: uint16,
})

const KeyValue = struct({
  key: string,
  value: string,
})

export const StreamsGroupMemberMetadataValue = record(
  'StreamsGroupMemberMetadataValue',
  19,
  '0',
  '0+',
  {
    instanceId: string.nullable,
    rackId: string.nullable,
    clientId: string,
    clientHost: string,
    rebalanceTimeoutMs: int32.default(-1),
    topologyEpoch: int32,
    processId: string,
    userEndpoint: Endpoint.nullable.default(null),
    clientTags: array(KeyValue),
  },
)
export type StreamsGroupMemberMetadataValue = Infer<typeof StreamsGroupMemberMetadataValue>

export const StreamsGroupTargetAssignmentMetadataKey = record(
  'StreamsGroupTargetAssignmentMetadataKey',
  20,
  '0',
  'none',
  {
    groupId: string,
  },
)
export type StreamsGroupTargetAssignmentMetadataKey = Infer<
  typeof StreamsGroupTargetAssignmentMetadataKey
>

export const StreamsGroupTargetAssignmentMetadataValue = record(
  'StreamsGroupTargetAssignmentMetadataValue',
  20,
  '0',
  '0+',
  {
    assignmentEpoch: int32,
    assignmentTimestamp: int64.tagged(0).ignorable.default(0),
  },
)
export type StreamsGroupTargetAssignmentMetadataValue = Infer<
  typeof StreamsGroupTargetAssignmentMetadataValue
>

export const StreamsGroupTargetAssignmentMemberKey = record(
  'StreamsGroupTargetAssignmentMemberKey',
  21,
  '0',
  'none',
  {
    groupId: string,
    memberId: string,
  },
)
export type StreamsGroupTargetAssignmentMemberKey = Infer<
  typeof StreamsGroupTargetAssignmentMemberKey
>

const TaskIds = struct({
  subtopologyId: string,
  partitions: array(int32),
})

export const StreamsGroupTargetAssignmentMemberValue = record(
  'StreamsGroupTargetAssignmentMemberValue',
  21,
  '0',
  '0+',
  {
    activeTasks: array(TaskIds),
    standbyTasks: array(TaskIds),
    warmupTasks: array(TaskIds),
  },
)
export type StreamsGroupTargetAssignmentMemberValue = Infer<
  typeof StreamsGroupTargetAssignmentMemberValue
>

export const StreamsGroupCurrentMemberAssignmentKey = record(
  'StreamsGroupCurrentMemberAssignmentKey',
  22,
  '0',
  'none',
  {
    groupId: string,
    memberId: string,
  },
)
export type StreamsGroupCurrentMemberAssignmentKey = Infer<
  typeof StreamsGroupCurrentMemberAssignmentKey
>

const StreamsGroupCurrentMemberAssignmentTaskIds = struct({
  subtopologyId: string,
  partitions: array(int32),
  assignmentEpochs: array(int32).nullable.tagged(0),
})

export const StreamsGroupCurrentMemberAssignmentValue = record(
  'StreamsGroupCurrentMemberAssignmentValue',
  22,
  '0',
  '0+',
  {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    activeTasks: array(StreamsGroupCurrentMemberAssignmentTaskIds),
    standbyTasks: array(StreamsGroupCurrentMemberAssignmentTaskIds),
    warmupTasks: array(StreamsGroupCurrentMemberAssignmentTaskIds),
    activeTasksPendingRevocation: array(StreamsGroupCurrentMemberAssignmentTaskIds),
    standbyTasksPendingRevocation: array(StreamsGroupCurrentMemberAssignmentTaskIds),
    warmupTasksPendingRevocation: array(StreamsGroupCurrentMemberAssignmentTaskIds),
  },
)
export type StreamsGroupCurrentMemberAssignmentValue = Infer<
  typeof StreamsGroupCurrentMemberAssignmentValue
>

export const StreamsGroupTopologyKey = record('StreamsGroupTopologyKey', 23, '0', 'none', {
  groupId: string,
})
export type StreamsGroupTopologyKey = Infer<typeof StreamsGroupTopologyKey>

const TopicConfig = struct({
  key: string,
  value: string,
})

const TopicInfo = struct({
  name: string,
  partitions: int32,
  replicationFactor: int16,
  topicConfigs: array(TopicConfig),
})

export const StreamsGroupTopologyValue = record('StreamsGroupTopologyValue', 23, '0', '0+', {
  epoch: int32,
  subtopologies: array({
    subtopologyId: string,
    sourceTopics: array(string),
    sourceTopicRegex: array(string),
    stateChangelogTopics: array(TopicInfo),
    repartitionSinkTopics: array(string),
    repartitionSourceTopics: array(TopicInfo),
    copartitionGroups: array({
      sourceTopics: array(int16),
      sourceTopicRegex: array(int16),
      repartitionSourceTopics: array(int16),
    }),
  }),
})
export type StreamsGroupTopologyValue = Infer<typeof StreamsGroupTopologyValue>
