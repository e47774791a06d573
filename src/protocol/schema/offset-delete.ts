import { array, type Infer, int16, int32, request, response, string } from '../codec/index.js'

export const OffsetDeleteRequest = request('OffsetDelete', '0', 'none', {
  groupId: string,
  topics: array({
    name: string,
    partitions: array({
      partitionIndex: int32,
    }),
  }),
})
export type OffsetDeleteRequest = Infer<typeof OffsetDeleteRequest>

export const OffsetDeleteResponse = response('OffsetDelete', '0', 'none', {
  errorCode: int16,
  throttleTimeMs: int32.ignorable,
  topics: array({
    name: string,
    partitions: array({
      partitionIndex: int32,
      errorCode: int16,
    }),
  }),
})
export type OffsetDeleteResponse = Infer<typeof OffsetDeleteResponse>
