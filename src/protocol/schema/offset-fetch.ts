import {
  array,
  bigint,
  bool,
  type Infer,
  int16,
  int32,
  request,
  response,
  string,
  uuid,
} from '../codec/index.js'

export const OffsetFetchRequest = request(
  'OffsetFetch',
  '1-10',
  '6+',
  {
    groupId: string.in('0-7'),
    topics: array({
      name: string,
      partitionIndexes: array(int32),
    })
      .in('0-7')
      .nullableIn('2-7'),
    groups: array({
      groupId: string,
      memberId: string.in('9+').nullable.ignorable.default(null),
      memberEpoch: int32.in('9+').ignorable.default(-1),
      topics: array({
        name: string.in('8-9').ignorable,
        topicId: uuid.in('10+').ignorable,
        partitionIndexes: array(int32),
      }).nullable,
    }).in('8+'),
    requireStable: bool.in('7+').default(false),
  },
  { legacy: '0' },
)
export type OffsetFetchRequest = Infer<typeof OffsetFetchRequest>

export const OffsetFetchResponse = response(
  'OffsetFetch',
  '1-10',
  '6+',
  {
    throttleTimeMs: int32.in('3+').ignorable,
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        committedOffset: bigint,
        committedLeaderEpoch: int32.in('5-7').ignorable.default(-1),
        metadata: string.nullable,
        errorCode: int16,
      }),
    }).in('0-7'),
    errorCode: int16.in('2-7').ignorable.default(0),
    groups: array({
      groupId: string,
      topics: array({
        name: string.in('8-9').ignorable,
        topicId: uuid.in('10+').ignorable,
        partitions: array({
          partitionIndex: int32,
          committedOffset: bigint,
          committedLeaderEpoch: int32.ignorable.default(-1),
          metadata: string.nullable,
          errorCode: int16,
        }),
      }),
      errorCode: int16.default(0),
    }).in('8+'),
  },
  { legacy: '0' },
)
export type OffsetFetchResponse = Infer<typeof OffsetFetchResponse>
