import {
  array,
  bigint,
  type Infer,
  int16,
  int32,
  int64,
  request,
  response,
  string,
} from '../codec/index.js'

export const TxnOffsetCommitRequest = request('TxnOffsetCommit', '0-5', '3+', {
  transactionalId: string,
  groupId: string,
  producerId: int64,
  producerEpoch: int16,
  generationId: int32.in('3+').default(-1),
  memberId: string.in('3+').default(''),
  groupInstanceId: string.in('3+').nullable.default(null),
  topics: array({
    name: string,
    partitions: array({
      partitionIndex: int32,
      committedOffset: bigint,
      committedLeaderEpoch: int32.in('2+').ignorable.default(-1),
      committedMetadata: string.nullable,
    }),
  }),
})
export type TxnOffsetCommitRequest = Infer<typeof TxnOffsetCommitRequest>

export const TxnOffsetCommitResponse = response('TxnOffsetCommit', '0-5', '3+', {
  throttleTimeMs: int32,
  topics: array({
    name: string,
    partitions: array({
      partitionIndex: int32,
      errorCode: int16,
    }),
  }),
})
export type TxnOffsetCommitResponse = Infer<typeof TxnOffsetCommitResponse>
