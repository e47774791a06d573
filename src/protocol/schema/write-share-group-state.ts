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

export const WriteShareGroupStateRequest = request('WriteShareGroupState', '0-1', '0+', {
  groupId: string,
  topics: array({
    topicId: uuid,
    partitions: array({
      partition: int32,
      stateEpoch: int32,
      leaderEpoch: int32,
      startOffset: int64,
      deliveryCompleteCount: int32.in('1+').ignorable.default(-1),
      stateBatches: array({
        firstOffset: int64,
        lastOffset: int64,
        deliveryState: int8,
        deliveryCount: int16,
      }),
    }),
  }),
})
export type WriteShareGroupStateRequest = Infer<typeof WriteShareGroupStateRequest>

export const WriteShareGroupStateResponse = response('WriteShareGroupState', '0-1', '0+', {
  results: array({
    topicId: uuid,
    partitions: array({
      partition: int32,
      errorCode: int16,
      errorMessage: string.nullable.default(null),
    }),
  }),
})
export type WriteShareGroupStateResponse = Infer<typeof WriteShareGroupStateResponse>
