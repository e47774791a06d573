import {
  array,
  type Infer,
  int16,
  int32,
  request,
  response,
  string,
  struct,
  uuid,
} from '../codec/index.js'

export const ConsumerGroupHeartbeatRequest = request('ConsumerGroupHeartbeat', '0-1', '0+', {
  groupId: string,
  memberId: string,
  memberEpoch: int32,
  instanceId: string.nullable.default(null),
  rackId: string.nullable.default(null),
  rebalanceTimeoutMs: int32.default(-1),
  subscribedTopicNames: array(string).nullable.default(null),
  subscribedTopicRegex: string.in('1+').nullable.default(null),
  serverAssignor: string.nullable.default(null),
  topicPartitions: array({
    topicId: uuid,
    partitions: array(int32),
  }).nullable.default(null),
})
export type ConsumerGroupHeartbeatRequest = Infer<typeof ConsumerGroupHeartbeatRequest>

const TopicPartitions = struct({
  topicId: uuid,
  partitions: array(int32),
})

export const ConsumerGroupHeartbeatResponse = response('ConsumerGroupHeartbeat', '0-1', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: string.nullable.default(null),
  memberId: string.nullable.default(null),
  memberEpoch: int32,
  heartbeatIntervalMs: int32,
  assignment: struct({
    topicPartitions: array(TopicPartitions),
  }).nullable.default(null),
})
export type ConsumerGroupHeartbeatResponse = Infer<typeof ConsumerGroupHeartbeatResponse>
