import {
  array,
  type Infer,
  int16,
  int32,
  int64,
  request,
  response,
  string,
  struct,
  uint16,
  uuid,
} from '../codec/index.js'

export const DescribeQuorumRequest = request('DescribeQuorum', '0-2', '0+', {
  topics: array({
    topicName: string,
    partitions: array({
      partitionIndex: int32,
    }),
  }),
})
export type DescribeQuorumRequest = Infer<typeof DescribeQuorumRequest>

const ReplicaState = struct({
  replicaId: int32,
  replicaDirectoryId: uuid.in('2+'),
  logEndOffset: int64,
  lastFetchTimestamp: int64.in('1+').ignorable.default(-1),
  lastCaughtUpTimestamp: int64.in('1+').ignorable.default(-1),
})

export const DescribeQuorumResponse = response('DescribeQuorum', '0-2', '0+', {
  errorCode: int16,
  errorMessage: string.in('2+').nullable.ignorable,
  topics: array({
    topicName: string,
    partitions: array({
      partitionIndex: int32,
      errorCode: int16,
      errorMessage: string.in('2+').nullable.ignorable,
      leaderId: int32,
      leaderEpoch: int32,
      highWatermark: int64,
      currentVoters: array(ReplicaState),
      observers: array(ReplicaState),
    }),
  }),
  nodes: array({
    nodeId: int32,
    listeners: array({
      name: string,
      host: string,
      port: uint16,
    }),
  }).in('2+'),
})
export type DescribeQuorumResponse = Infer<typeof DescribeQuorumResponse>
