import {
  array,
  type Infer,
  int8,
  int16,
  int32,
  int64,
  request,
  response,
  uuid,
} from '../codec/index.js'

export const AlterPartitionRequest = request('AlterPartition', '2-3', '0+', {
  brokerId: int32,
  brokerEpoch: int64.default(-1),
  topics: array({
    topicId: uuid.in('2+').ignorable,
    partitions: array({
      partitionIndex: int32,
      leaderEpoch: int32,
      newIsr: array(int32).in('0-2'),
      newIsrWithEpochs: array({
        brokerId: int32,
        brokerEpoch: int64.default(-1),
      }).in('3+'),
      leaderRecoveryState: int8.in('1+').default(0),
      partitionEpoch: int32,
    }),
  }),
})
export type AlterPartitionRequest = Infer<typeof AlterPartitionRequest>

export const AlterPartitionResponse = response('AlterPartition', '2-3', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  topics: array({
    topicId: uuid.in('2+').ignorable,
    partitions: array({
      partitionIndex: int32,
      errorCode: int16,
      leaderId: int32,
      leaderEpoch: int32,
      isr: array(int32),
      leaderRecoveryState: int8.in('1+').ignorable.default(0),
      partitionEpoch: int32,
    }),
  }),
})
export type AlterPartitionResponse = Infer<typeof AlterPartitionResponse>
