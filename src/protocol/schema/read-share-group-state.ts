import {
  array,
  type Infer,
  int8,
  int16,
  int32,
  int64,
  request,
  response,
  string,
  uuid,
} from '../codec/index.js'

export const ReadShareGroupStateRequest = request('ReadShareGroupState', '0', '0+', {
  groupId: string,
  topics: array({
    topicId: uuid,
    partitions: array({
      partition: int32,
      leaderEpoch: int32,
    }),
  }),
})
export type ReadShareGroupStateRequest = Infer<typeof ReadShareGroupStateRequest>

export const ReadShareGroupStateResponse = response('ReadShareGroupState', '0', '0+', {
  results: array({
    topicId: uuid,
    partitions: array({
      partition: int32,
      errorCode: int16,
      errorMessage: string.nullable.default(null),
      stateEpoch: int32,
      startOffset: int64,
      stateBatches: array({
        firstOffset: int64,
        lastOffset: int64,
        deliveryState: int8,
        deliveryCount: int16,
      }),
    }),
  }),
})
export type ReadShareGroupStateResponse = Infer<typeof ReadShareGroupStateResponse>
