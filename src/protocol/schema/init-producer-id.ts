import { bool, type Infer, int16, int32, int64, request, response, string } from '../codec/index.js'

export const InitProducerIdRequest = request(
  'InitProducerId',
  '0-6',
  '2+',
  {
    transactionalId: string.nullable,
    transactionTimeoutMs: int32,
    producerId: int64.in('3+').default(-1),
    producerEpoch: int16.in('3+').default(-1),
    enable2Pc: bool.in('6+').default(false),
    keepPreparedTxn: bool.in('6+').default(false),
  },
  // Version 6, for two-phase commit, isn't stable yet (KIP-939).
  { advertised: '0-5' },
)
export type InitProducerIdRequest = Infer<typeof InitProducerIdRequest>

export const InitProducerIdResponse = response('InitProducerId', '0-6', '2+', {
  throttleTimeMs: int32.ignorable,
  errorCode: int16,
  producerId: int64.default(-1),
  producerEpoch: int16,
  ongoingTxnProducerId: int64.in('6+').default(-1),
  ongoingTxnProducerEpoch: int16.in('6+').default(-1),
})
export type InitProducerIdResponse = Infer<typeof InitProducerIdResponse>
