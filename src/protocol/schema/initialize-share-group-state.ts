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

export const InitializeShareGroupStateRequest = request('InitializeShareGroupState', '0', '0+', {
  groupId: string,
  topics: array({
    topicId: uuid,
    partitions: array({
      partition: int32,
      stateEpoch: int32,
      startOffset: int64,
    }),
  }),
})
export type InitializeShareGroupStateRequest = Infer<typeof InitializeShareGroupStateRequest>

export const InitializeShareGroupStateResponse = response('InitializeShareGroupState', '0', '0+', {
  results: array({
    topicId: uuid,
    partitions: array({
      partition: int32,
      errorCode: int16,
      errorMessage: string.nullable.default(null),
    }),
  }),
})
export type InitializeShareGroupStateResponse = Infer<typeof InitializeShareGroupStateResponse>
