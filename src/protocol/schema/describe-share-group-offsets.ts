import {
  array,
  type Infer,
  int16,
  int32,
  int64,
  request,
  response,
  string,
  uuid,
} from '../codec/index.js'

export const DescribeShareGroupOffsetsRequest = request('DescribeShareGroupOffsets', '0-1', '0+', {
  groups: array({
    groupId: string,
    topics: array({
      topicName: string,
      partitions: array(int32),
    }).nullable,
  }),
})
export type DescribeShareGroupOffsetsRequest = Infer<typeof DescribeShareGroupOffsetsRequest>

export const DescribeShareGroupOffsetsResponse = response(
  'DescribeShareGroupOffsets',
  '0-1',
  '0+',
  {
    throttleTimeMs: int32,
    groups: array({
      groupId: string,
      topics: array({
        topicName: string,
        topicId: uuid,
        partitions: array({
          partitionIndex: int32,
          startOffset: int64,
          leaderEpoch: int32,
          lag: int64.in('1+').ignorable.default(-1),
          errorCode: int16,
          errorMessage: string.nullable.default(null),
        }),
      }),
      errorCode: int16,
      errorMessage: string.nullable.default(null),
    }),
  },
)
export type DescribeShareGroupOffsetsResponse = Infer<typeof DescribeShareGroupOffsetsResponse>
