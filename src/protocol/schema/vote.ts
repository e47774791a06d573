import {
  array,
  bool,
  type Infer,
  int16,
  int32,
  int64,
  request,
  response,
  string,
  uint16,
  uuid,
} from '../codec/index.js'

export const VoteRequest = request('Vote', '0-2', '0+', {
  clusterId: string.nullable.default(null),
  voterId: int32.in('1+').ignorable.default(-1),
  topics: array({
    topicName: string,
    partitions: array({
      partitionIndex: int32,
      replicaEpoch: int32,
      replicaId: int32,
      replicaDirectoryId: uuid.in('1+').ignorable,
      voterDirectoryId: uuid.in('1+').ignorable,
      lastOffsetEpoch: int32,
      lastOffset: int64,
      preVote: bool.in('2+'),
    }),
  }),
})
export type VoteRequest = Infer<typeof VoteRequest>

export const VoteResponse = response('Vote', '0-2', '0+', {
  errorCode: int16,
  topics: array({
    topicName: string,
    partitions: array({
      partitionIndex: int32,
      errorCode: int16,
      leaderId: int32,
      leaderEpoch: int32,
      voteGranted: bool,
    }),
  }),
  nodeEndpoints: array({
    nodeId: int32,
    host: string,
    port: uint16,
  })
    .in('1+')
    .tagged(0),
})
export type VoteResponse = Infer<typeof VoteResponse>
