import {
  array,
  bool,
  bytes,
  type Infer,
  int8,
  int32,
  int64,
  record,
  string,
  struct,
  uuid,
} from '../codec/index.js'

export const RemoteLogSegmentMetadataRecord = record(
  'RemoteLogSegmentMetadataRecord',
  0,
  '0',
  '0+',
  {
    remoteLogSegmentId: struct({
      topicIdPartition: struct({
        name: string,
        id: uuid,
        partition: int32,
      }),
      id: uuid,
    }),
    startOffset: int64,
    endOffset: int64,
    brokerId: int32,
    maxTimestampMs: int64,
    eventTimestampMs: int64,
    segmentLeaderEpochs: array({
      leaderEpoch: int32,
      offset: int64,
    }),
    segmentSizeInBytes: int32,
    customMetadata: bytes.nullable.default(null),
    remoteLogSegmentState: int8,
    txnIndexEmpty: bool.tagged(0),
  },
)
export type RemoteLogSegmentMetadataRecord = Infer<typeof RemoteLogSegmentMetadataRecord>

export const RemoteLogSegmentMetadataUpdateRecord = record(
  'RemoteLogSegmentMetadataUpdateRecord',
  1,
  '0',
  '0+',
  {
    remoteLogSegmentId: struct({
      topicIdPartition: struct({
        name: string,
        id: uuid,
        partition: int32,
      }),
      id: uuid,
    }),
    brokerId: int32,
    eventTimestampMs: int64,
    customMetadata: bytes.nullable.default(null),
    remoteLogSegmentState: int8,
  },
)
export type RemoteLogSegmentMetadataUpdateRecord = Infer<
  typeof RemoteLogSegmentMetadataUpdateRecord
>

export const RemotePartitionDeleteMetadataRecord = record(
  'RemotePartitionDeleteMetadataRecord',
  2,
  '0',
  '0+',
  {
    topicIdPartition: struct({
      name: string,
      id: uuid,
      partition: int32,
    }),
    brokerId: int32,
    eventTimestampMs: int64,
    remotePartitionDeleteState: int8,
  },
)
export type RemotePartitionDeleteMetadataRecord = Infer<typeof RemotePartitionDeleteMetadataRecord>

export const RemoteLogSegmentMetadataSnapshotRecord = record(
  'RemoteLogSegmentMetadataSnapshotRecord',
  3,
  '0',
  '0+',
  {
    segmentId: uuid,
    startOffset: int64,
    endOffset: int64,
    brokerId: int32,
    maxTimestampMs: int64,
    eventTimestampMs: int64,
    segmentLeaderEpochs: array({
      leaderEpoch: int32,
      offset: int64,
    }),
    segmentSizeInBytes: int32,
    customMetadata: bytes.nullable.default(null),
    remoteLogSegmentState: int8,
    txnIndexEmpty: bool.tagged(0),
  },
)
export type RemoteLogSegmentMetadataSnapshotRecord = Infer<
  typeof RemoteLogSegmentMetadataSnapshotRecord
>
