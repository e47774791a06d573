import {
  array,
  bool,
  type Infer,
  int8,
  int16,
  int32,
  int64,
  records,
  request,
  response,
  string,
  struct,
  uuid,
} from '../codec/index.js'

export const ShareFetchRequest = request('ShareFetch', '1-2', '0+', {
  groupId: string.nullable.default(null),
  memberId: string.nullable,
  shareSessionEpoch: int32,
  maxWaitMs: int32,
  minBytes: int32,
  maxBytes: int32.default(0x7fffffff),
  maxRecords: int32.in('1+'),
  batchSize: int32.in('1+'),
  shareAcquireMode: int8.in('2+').ignorable.default(0),
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
  forgottenTopicsData: array({
    topicId: uuid,
    partitions: array(int32),
  }),
})
export type ShareFetchRequest = Infer<typeof ShareFetchRequest>

export const ShareFetchResponse = response('ShareFetch', '1-2', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: string.nullable.default(null),
  acquisitionLockTimeoutMs: int32.in('1+'),
  responses: array({
    topicId: uuid,
    partitions: array({
      partitionIndex: int32,
      errorCode: int16,
      errorMessage: string.nullable.default(null),
      acknowledgeErrorCode: int16,
      acknowledgeErrorMessage: string.nullable.default(null),
      currentLeader: struct({
        leaderId: int32,
        leaderEpoch: int32,
      }),
      records: records.nullableIn('0'),
      acquiredRecords: array({
        firstOffset: int64,
        lastOffset: int64,
        deliveryCount: int16,
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
export type ShareFetchResponse = Infer<typeof ShareFetchResponse>
