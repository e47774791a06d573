import {
  array,
  type Infer,
  int16,
  int32,
  int64,
  request,
  response,
  string,
} from '../codec/index.js'

export const DescribeProducersRequest = request('DescribeProducers', '0', '0+', {
  topics: array({
    name: string,
    partitionIndexes: array(int32),
  }),
})
export type DescribeProducersRequest = Infer<typeof DescribeProducersRequest>

export const DescribeProducersResponse = response('DescribeProducers', '0', '0+', {
  throttleTimeMs: int32,
  topics: array({
    name: string,
    partitions: array({
      partitionIndex: int32,
      errorCode: int16,
      errorMessage: string.nullable.default(null),
      activeProducers: array({
        producerId: int64,
        producerEpoch: int32,
        lastSequence: int32.default(-1),
        lastTimestamp: int64.default(-1),
        coordinatorEpoch: int32,
        currentTxnStartOffset: int64.default(-1),
      }),
    }),
  }),
})
export type DescribeProducersResponse = Infer<typeof DescribeProducersResponse>
