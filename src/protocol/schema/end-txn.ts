import { bool, type Infer, int16, int32, int64, request, response, string } from '../codec/index.js'

export const EndTxnRequest = request('EndTxn', '0-5', '3+', {
  transactionalId: string,
  producerId: int64,
  producerEpoch: int16,
  committed: bool,
})
export type EndTxnRequest = Infer<typeof EndTxnRequest>

export const EndTxnResponse = response('EndTxn', '0-5', '3+', {
  throttleTimeMs: int32,
  errorCode: int16,
  producerId: int64.in('5+').ignorable.default(-1),
  producerEpoch: int16.in('5+').ignorable.default(-1),
})
export type EndTxnResponse = Infer<typeof EndTxnResponse>
