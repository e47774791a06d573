import { array, type Infer, int16, int32, request, response, string, uuid } from '../codec/index.js'

export const DeleteShareGroupStateRequest = request('DeleteShareGroupState', '0', '0+', {
  groupId: string,
  topics: array({
    topicId: uuid,
    partitions: array({
      partition: int32,
    }),
  }),
})
export type DeleteShareGroupStateRequest = Infer<typeof DeleteShareGroupStateRequest>

export const DeleteShareGroupStateResponse = response('DeleteShareGroupState', '0', '0+', {
  results: array({
    topicId: uuid,
    partitions: array({
      partition: int32,
      errorCode: int16,
      errorMessage: string.nullable.default(null),
    }),
  }),
})
export type DeleteShareGroupStateResponse = Infer<typeof DeleteShareGroupStateResponse>
