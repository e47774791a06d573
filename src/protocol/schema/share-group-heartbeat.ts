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

export const ShareGroupHeartbeatRequest = request('ShareGroupHeartbeat', '1', '0+', {
  groupId: string,
  memberId: string,
  memberEpoch: int32,
  rackId: string.nullable.default(null),
  subscribedTopicNames: array(string).nullable.default(null),
})
export type ShareGroupHeartbeatRequest = Infer<typeof ShareGroupHeartbeatRequest>

const TopicPartitions = struct({
  topicId: uuid,
  partitions: array(int32),
})

export const ShareGroupHeartbeatResponse = response('ShareGroupHeartbeat', '1', '0+', {
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
export type ShareGroupHeartbeatResponse = Infer<typeof ShareGroupHeartbeatResponse>
