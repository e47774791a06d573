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

export const ReadShareGroupStateSummaryRequest = request(
  'ReadShareGroupStateSummary',
  '0-1',
  '0+',
  {
    groupId: string,
    topics: array({
      topicId: uuid,
      partitions: array({
        partition: int32,
        leaderEpoch: int32,
      }),
    }),
  },
)
export type ReadShareGroupStateSummaryRequest = Infer<typeof ReadShareGroupStateSummaryRequest>

export const ReadShareGroupStateSummaryResponse = response(
  'ReadShareGroupStateSummary',
  '0-1',
  '0+',
  {
    results: array({
      topicId: uuid,
      partitions: array({
        partition: int32,
        errorCode: int16,
        errorMessage: string.nullable.default(null),
        stateEpoch: int32,
        leaderEpoch: int32,
        startOffset: int64,
        deliveryCompleteCount: int32.in('1+').ignorable.default(-1),
      }),
    }),
  },
)
export type ReadShareGroupStateSummaryResponse = Infer<typeof ReadShareGroupStateSummaryResponse>
