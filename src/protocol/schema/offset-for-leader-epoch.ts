import {
  array,
  type Infer,
  int16,
  int32,
  int64,
  request,
  response,
  string,
} from '../codec/index.js'

export const OffsetForLeaderEpochRequest = request(
  'OffsetForLeaderEpoch',
  '2-4',
  '4+',
  {
    replicaId: int32.in('3+').ignorable.default(-2),
    topics: array({
      topic: string,
      partitions: array({
        partition: int32,
        currentLeaderEpoch: int32.in('2+').ignorable.default(-1),
        leaderEpoch: int32,
      }),
    }),
  },
  { legacy: '0-1' },
)
export type OffsetForLeaderEpochRequest = Infer<typeof OffsetForLeaderEpochRequest>

export const OffsetForLeaderEpochResponse = response(
  'OffsetForLeaderEpoch',
  '2-4',
  '4+',
  {
    throttleTimeMs: int32.in('2+').ignorable,
    topics: array({
      topic: string,
      partitions: array({
        errorCode: int16,
        partition: int32,
        leaderEpoch: int32.in('1+').ignorable.default(-1),
        endOffset: int64.default(-1),
      }),
    }),
  },
  { legacy: '0-1' },
)
export type OffsetForLeaderEpochResponse = Infer<typeof OffsetForLeaderEpochResponse>
