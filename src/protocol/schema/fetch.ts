import {
  array,
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

export const FetchRequest = request(
  'Fetch',
  '4-18',
  '12+',
  {
    clusterId: string.in('12+').nullable.tagged(0).ignorable.default(null),
    replicaId: int32.in('0-14').default(-1),
    replicaState: struct({
      replicaId: int32.default(-1),
      replicaEpoch: int64.default(-1),
    })
      .in('15+')
      .tagged(1),
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32.in('3+').ignorable.default(0x7fffffff),
    isolationLevel: int8.in('4+').ignorable.default(0),
    sessionId: int32.in('7+').ignorable.default(0),
    sessionEpoch: int32.in('7+').ignorable.default(-1),
    topics: array({
      topic: string.in('0-12').ignorable,
      topicId: uuid.in('13+').ignorable,
      partitions: array({
        partition: int32,
        currentLeaderEpoch: int32.in('9+').ignorable.default(-1),
        fetchOffset: int64,
        lastFetchedEpoch: int32.in('12+').default(-1),
        logStartOffset: int64.in('5+').ignorable.default(-1),
        partitionMaxBytes: int32,
        replicaDirectoryId: uuid.in('17+').tagged(0).ignorable,
        highWatermark: int64.in('18+').tagged(1).ignorable.default(Number.MAX_SAFE_INTEGER),
      }),
    }),
    forgottenTopicsData: array({
      topic: string.in('7-12').ignorable,
      topicId: uuid.in('13+').ignorable,
      partitions: array(int32),
    }).in('7+'),
    rackId: string.in('11+').ignorable.default(''),
  },
  { legacy: '0-3' },
)
export type FetchRequest = Infer<typeof FetchRequest>

export const FetchResponse = response(
  'Fetch',
  '4-18',
  '12+',
  {
    throttleTimeMs: int32.in('1+').ignorable,
    errorCode: int16.in('7+').ignorable,
    sessionId: int32.in('7+').default(0),
    responses: array({
      topic: string.in('0-12').ignorable,
      topicId: uuid.in('13+').ignorable,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        highWatermark: int64,
        lastStableOffset: int64.in('4+').ignorable.default(-1),
        logStartOffset: int64.in('5+').ignorable.default(-1),
        divergingEpoch: struct({
          epoch: int32.default(-1),
          endOffset: int64.default(-1),
        })
          .in('12+')
          .tagged(0),
        currentLeader: struct({
          leaderId: int32.default(-1),
          leaderEpoch: int32.default(-1),
        })
          .in('12+')
          .tagged(1),
        snapshotId: struct({
          endOffset: int64.default(-1),
          epoch: int32.default(-1),
        })
          .in('12+')
          .tagged(2),
        abortedTransactions: array({
          producerId: int64,
          firstOffset: int64,
        }).in('4+').nullable.ignorable,
        preferredReadReplica: int32.in('11+').default(-1),
        records: records.nullable,
      }),
    }),
    nodeEndpoints: array({
      nodeId: int32,
      host: string,
      port: int32,
      rack: string.nullable.default(null),
    })
      .in('16+')
      .tagged(0),
  },
  { legacy: '0-3' },
)
export type FetchResponse = Infer<typeof FetchResponse>
