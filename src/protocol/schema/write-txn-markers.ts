import {
  array,
  bool,
  type Infer,
  int8,
  int16,
  int32,
  int64,
  request,
  response,
  string,
} from '../codec/index.js'

export const WriteTxnMarkersRequest = request('WriteTxnMarkers', '1-2', '1+', {
  markers: array({
    producerId: int64,
    producerEpoch: int16,
    transactionResult: bool,
    topics: array({
      name: string,
      partitionIndexes: array(int32),
    }),
    coordinatorEpoch: int32,
    transactionVersion: int8.in('2+').ignorable.default(0),
  }),
})
export type WriteTxnMarkersRequest = Infer<typeof WriteTxnMarkersRequest>

export const WriteTxnMarkersResponse = response('WriteTxnMarkers', '1-2', '1+', {
  markers: array({
    producerId: int64,
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  }),
})
export type WriteTxnMarkersResponse = Infer<typeof WriteTxnMarkersResponse>
