import {
  array,
  bigint,
  type Infer,
  int16,
  int32,
  int64,
  request,
  response,
  string,
  uuid,
} from '../codec/index.js'

export const OffsetCommitRequest = request(
  'OffsetCommit',
  '2-10',
  '8+',
  {
    groupId: string,
    generationIdOrMemberEpoch: int32.in('1+').ignorable.default(-1),
    memberId: string.in('1+').ignorable,
    groupInstanceId: string.in('7+').nullable.default(null),
    retentionTimeMs: int64.in('2-4').ignorable.default(-1),
    topics: array({
      name: string.in('0-9').ignorable,
      topicId: uuid.in('10+').ignorable,
      partitions: array({
        partitionIndex: int32,
        committedOffset: bigint,
        committedLeaderEpoch: int32.in('6+').ignorable.default(-1),
        commitTimestamp: int64.in('1').ignorable.default(-1),
        committedMetadata: string.nullable,
      }),
    }),
  },
  { legacy: '0-1' },
)
export type OffsetCommitRequest = Infer<typeof OffsetCommitRequest>

export const OffsetCommitResponse = response(
  'OffsetCommit',
  '2-10',
  '8+',
  {
    throttleTimeMs: int32.in('3+').ignorable,
    topics: array({
      name: string.in('0-9').ignorable,
      topicId: uuid.in('10+').ignorable,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  },
  { legacy: '0-1' },
)
export type OffsetCommitResponse = Infer<typeof OffsetCommitResponse>
