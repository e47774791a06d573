import {
  array,
  bigint,
  bool,
  type Infer,
  int8,
  int16,
  int32,
  request,
  response,
  string,
  struct,
  uint16,
} from '../codec/index.js'

const KeyValue = struct({
  key: string,
  value: string,
})

const TopicInfo = struct({
  name: string,
  partitions: int32,
  replicationFactor: int16,
  topicConfigs: array(KeyValue),
})

const Endpoint = struct({
  host: string,
  port: uint16,
})

const TaskOffset = struct({
  subtopologyId: string,
  partition: int32,
  offset: bigint,
})

const TaskIds = struct({
  subtopologyId: string,
  partitions: array(int32),
})

export const StreamsGroupHeartbeatRequest = request('StreamsGroupHeartbeat', '0', '0+', {
  groupId: string,
  memberId: string,
  memberEpoch: int32,
  endpointInformationEpoch: int32,
  instanceId: string.nullable.default(null),
  rackId: string.nullable.default(null),
  rebalanceTimeoutMs: int32.default(-1),
  topology: struct({
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
  }).nullable.default(null),
  activeTasks: array(TaskIds).nullable.default(null),
  standbyTasks: array(TaskIds).nullable.default(null),
  warmupTasks: array(TaskIds).nullable.default(null),
  processId: string.nullable.default(null),
  userEndpoint: Endpoint.nullable.default(null),
  clientTags: array(KeyValue).nullable.default(null),
  taskOffsets: array(TaskOffset).nullable.default(null),
  taskEndOffsets: array(TaskOffset).nullable.default(null),
  shutdownApplication: bool.default(false),
})
export type StreamsGroupHeartbeatRequest = Infer<typeof StreamsGroupHeartbeatRequest>

const Status = struct({
  statusCode: int8,
  statusDetail: string,
})

const TopicPartition = struct({
  topic: string,
  partitions: array(int32),
})

export const StreamsGroupHeartbeatResponse = response('StreamsGroupHeartbeat', '0', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: string.nullable.default(null),
  memberId: string,
  memberEpoch: int32,
  heartbeatIntervalMs: int32,
  acceptableRecoveryLag: int32,
  taskOffsetIntervalMs: int32,
  status: array(Status).nullable,
  activeTasks: array(TaskIds).nullable.default(null),
  standbyTasks: array(TaskIds).nullable.default(null),
  warmupTasks: array(TaskIds).nullable.default(null),
  endpointInformationEpoch: int32,
  partitionsByUserEndpoint: array({
    userEndpoint: Endpoint,
    activePartitions: array(TopicPartition),
    standbyPartitions: array(TopicPartition),
  }).nullable.default(null),
})
export type StreamsGroupHeartbeatResponse = Infer<typeof StreamsGroupHeartbeatResponse>
