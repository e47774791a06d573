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

export const EndQuorumEpochRequest = request('EndQuorumEpoch', '0-1', '1+', {
  clusterId: string.nullable.default(null),
  topics: array({
    topicName: string,
    partitions: array({
      partitionIndex: int32,
      leaderId: int32,
      leaderEpoch: int32,
      preferredSuccessors: array(int32).in('0').ignorable,
      preferredCandidates: array({
        candidateId: int32,
        candidateDirectoryId: uuid,
      }).in('1+').ignorable,
    }),
  }),
  leaderEndpoints: array({
    name: string,
    host: string,
    port: uint16,
  }).in('1+').ignorable,
})
export type EndQuorumEpochRequest = Infer<typeof EndQuorumEpochRequest>

export const EndQuorumEpochResponse = response('EndQuorumEpoch', '0-1', '1+', {
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
export type EndQuorumEpochResponse = Infer<typeof EndQuorumEpochResponse>
