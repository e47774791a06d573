import {
  array,
  type Infer,
  int16,
  int32,
  request,
  response,
  string,
  uint16,
  uuid,
} from '../codec/index.js'

export const BeginQuorumEpochRequest = request('BeginQuorumEpoch', '0-1', '1+', {
  clusterId: string.nullable.default(null),
  voterId: int32.in('1+').ignorable.default(-1),
  topics: array({
    topicName: string,
    partitions: array({
      partitionIndex: int32,
      voterDirectoryId: uuid.in('1+').ignorable,
      leaderId: int32,
      leaderEpoch: int32,
    }),
  }),
  leaderEndpoints: array({
    name: string,
    host: string,
    port: uint16,
  }).in('1+').ignorable,
})
export type BeginQuorumEpochRequest = Infer<typeof BeginQuorumEpochRequest>

export const BeginQuorumEpochResponse = response('BeginQuorumEpoch', '0-1', '1+', {
  errorCode: int16,
  topics: array({
    topicName: string,
    partitions: array({
      partitionIndex: int32,
      errorCode: int16,
      leaderId: int32,
      leaderEpoch: int32,
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
export type BeginQuorumEpochResponse = Infer<typeof BeginQuorumEpochResponse>
