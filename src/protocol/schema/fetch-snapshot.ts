import {
  array,
  type Infer,
  int16,
  int32,
  int64,
  records,
  request,
  response,
  string,
  struct,
  uint16,
  uuid,
} from '../codec/index.js'

export const FetchSnapshotRequest = request('FetchSnapshot', '0-1', '0+', {
  clusterId: string.nullable.tagged(0).default(null),
  replicaId: int32.default(-1),
  maxBytes: int32.default(0x7fffffff),
  topics: array({
    name: string,
    partitions: array({
      partition: int32,
      currentLeaderEpoch: int32,
      snapshotId: struct({
        endOffset: int64,
        epoch: int32,
      }),
      position: int64,
      replicaDirectoryId: uuid.in('1+').tagged(0).ignorable,
    }),
  }),
})
export type FetchSnapshotRequest = Infer<typeof FetchSnapshotRequest>

export const FetchSnapshotResponse = response('FetchSnapshot', '0-1', '0+', {
  throttleTimeMs: int32.ignorable,
  errorCode: int16,
  topics: array({
    name: string,
    partitions: array({
      index: int32,
      errorCode: int16,
      snapshotId: struct({
        endOffset: int64,
        epoch: int32,
      }),
      currentLeader: struct({
        leaderId: int32,
        leaderEpoch: int32,
      }).tagged(0),
      size: int64,
      position: int64,
      unalignedRecords: records,
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
export type FetchSnapshotResponse = Infer<typeof FetchSnapshotResponse>
