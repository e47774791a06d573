import {
  array,
  bool,
  type Infer,
  int16,
  int32,
  request,
  response,
  string,
  struct,
  uuid,
} from '../codec/index.js'

export const DescribeTopicPartitionsRequest = request('DescribeTopicPartitions', '0', '0+', {
  topics: array({
    name: string,
  }),
  responsePartitionLimit: int32.default(2000),
  cursor: struct({
    topicName: string,
    partitionIndex: int32,
  }).nullable.default(null),
})
export type DescribeTopicPartitionsRequest = Infer<typeof DescribeTopicPartitionsRequest>

export const DescribeTopicPartitionsResponse = response('DescribeTopicPartitions', '0', '0+', {
  throttleTimeMs: int32.ignorable,
  topics: array({
    errorCode: int16,
    name: string.nullable,
    topicId: uuid.ignorable,
    isInternal: bool.ignorable.default(false),
    partitions: array({
      errorCode: int16,
      partitionIndex: int32,
      leaderId: int32,
      leaderEpoch: int32.ignorable.default(-1),
      replicaNodes: array(int32),
      isrNodes: array(int32),
      eligibleLeaderReplicas: array(int32).nullable.default(null),
      lastKnownElr: array(int32).nullable.default(null),
      offlineReplicas: array(int32).ignorable,
    }),
    topicAuthorizedOperations: int32.default(-2147483648),
  }),
  nextCursor: struct({
    topicName: string,
    partitionIndex: int32,
  }).nullable.default(null),
})
export type DescribeTopicPartitionsResponse = Infer<typeof DescribeTopicPartitionsResponse>
