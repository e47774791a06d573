import { type Infer, int16, int32, int64, request, response } from '../codec/index.js'

export const AllocateProducerIdsRequest = request('AllocateProducerIds', '0', '0+', {
  brokerId: int32,
  brokerEpoch: int64.default(-1),
})
export type AllocateProducerIdsRequest = Infer<typeof AllocateProducerIdsRequest>

export const AllocateProducerIdsResponse = response('AllocateProducerIds', '0', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  producerIdStart: int64,
  producerIdLen: int32,
})
export type AllocateProducerIdsResponse = Infer<typeof AllocateProducerIdsResponse>
