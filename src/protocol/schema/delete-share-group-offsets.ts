import { array, type Infer, int16, int32, request, response, string, uuid } from '../codec/index.js'

export const DeleteShareGroupOffsetsRequest = request('DeleteShareGroupOffsets', '0', '0+', {
  groupId: string,
  topics: array({
    topicName: string,
  }),
})
export type DeleteShareGroupOffsetsRequest = Infer<typeof DeleteShareGroupOffsetsRequest>

export const DeleteShareGroupOffsetsResponse = response('DeleteShareGroupOffsets', '0', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: string.nullable.default(null),
  responses: array({
    topicName: string,
    topicId: uuid,
    errorCode: int16,
    errorMessage: string.nullable.default(null),
  }),
})
export type DeleteShareGroupOffsetsResponse = Infer<typeof DeleteShareGroupOffsetsResponse>
