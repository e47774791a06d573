import {
  array,
  bool,
  type Infer,
  int8,
  int16,
  int32,
  int64,
  request,
  response,
  string,
  struct,
  uuid,
} from '../codec/index.js'

export const ShareAcknowledgeRequest = request('ShareAcknowledge', '1-2', '0+', {
  groupId: string.nullable.default(null),
  memberId: string.nullable,
  shareSessionEpoch: int32,
  isRenewAck: bool.in('2+').default(false),
  topics: array({
    topicId: uuid,
    partitions: array({
      partitionIndex: int32,
      acknowledgementBatches: array({
        firstOffset: int64,
        lastOffset: int64,
        acknowledgeTypes: array(int8),
      }),
    }),
  }),
})
export type ShareAcknowledgeRequest = Infer<typeof ShareAcknowledgeRequest>

export const ShareAcknowledgeResponse = response('ShareAcknowledge', '1-2', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: string.nullable.default(null),
  acquisitionLockTimeoutMs: int32.in('2+').ignorable,
  responses: array({
    topicId: uuid,
    partitions: array({
      partitionIndex: int32,
      errorCode: int16,
      errorMessage: string.nullable.default(null),
      currentLeader: struct({
        leaderId: int32,
        leaderEpoch: int32,
      }),
    }),
  }),
  nodeEndpoints: array({
    nodeId: int32,
    host: string,
    port: int32,
    rack: string.nullable.default(null),
  }),
})
export type ShareAcknowledgeResponse = Infer<typeof ShareAcknowledgeResponse>
