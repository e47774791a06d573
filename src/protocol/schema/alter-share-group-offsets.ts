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

export const AlterShareGroupOffsetsRequest = request('AlterShareGroupOffsets', '0', '0+', {
  groupId: string,
  topics: array({
    topicName: string,
    partitions: array({
      partitionIndex: int32,
      startOffset: int64,
    }),
  }),
})
export type AlterShareGroupOffsetsRequest = Infer<typeof AlterShareGroupOffsetsRequest>

export const AlterShareGroupOffsetsResponse = response('AlterShareGroupOffsets', '0', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: string.nullable.default(null),
  responses: array({
    topicName: string,
    topicId: uuid,
    partitions: array({
      partitionIndex: int32,
      errorCode: int16,
      errorMessage: string.nullable.default(null),
    }),
  }),
})
export type AlterShareGroupOffsetsResponse = Infer<typeof AlterShareGroupOffsetsResponse>
