import { type Infer, int16, int32, int64, request, response, string } from '../codec/index.js'

export const AddOffsetsToTxnRequest = request('AddOffsetsToTxn', '0-4', '3+', {
  transactionalId: string,
  producerId: int64,
  producerEpoch: int16,
  groupId: string,
})
export type AddOffsetsToTxnRequest = Infer<typeof AddOffsetsToTxnRequest>

export const AddOffsetsToTxnResponse = response('AddOffsetsToTxn', '0-4', '3+', {
  throttleTimeMs: int32,
  errorCode: int16,
})
export type AddOffsetsToTxnResponse = Infer<typeof AddOffsetsToTxnResponse>
