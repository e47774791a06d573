import type { Input } from '../../../protocol/codec/index.js'
import type { ErrorCode } from '../../../protocol/errors.js'
import type {
  OffsetCommitRequest,
  OffsetCommitResponse,
} from '../../../protocol/schema/offset-commit.js'
import type { OffsetDeleteResponse } from '../../../protocol/schema/offset-delete.js'
import type {
  OffsetFetchRequest,
  OffsetFetchResponse,
} from '../../../protocol/schema/offset-fetch.js'
import type { TxnOffsetCommitResponse } from '../../../protocol/schema/txn-offset-commit.js'

type One<T> = T extends readonly (infer Element)[] ? Element : never

/** One group of an OffsetFetch v8+; earlier versions ask for one of the same shape. */
export type OffsetFetchGroup = OffsetFetchRequest['groups'][number]
export type OffsetFetchGroupAnswer = One<NonNullable<Input<typeof OffsetFetchResponse>['groups']>>
export type FetchedPartition = One<One<OffsetFetchGroupAnswer['topics']>['partitions']>
export type OffsetCommitAnswer = Input<typeof OffsetCommitResponse>
export type TxnOffsetCommitAnswer = Input<typeof TxnOffsetCommitResponse>
export type OffsetDeleteAnswer = Input<typeof OffsetDeleteResponse>

export const NO_OFFSET = -1n
const NO_LEADER_EPOCH = -1

/** A partition of which there is no offset, or none to be told. */
export function unfetched(partitionIndex: number, errorCode: number): FetchedPartition {
  return {
    partitionIndex,
    committedOffset: NO_OFFSET,
    committedLeaderEpoch: NO_LEADER_EPOCH,
    metadata: '',
    errorCode,
  }
}

/** The answer to an OffsetCommit that says of each partition that it failed. */
export function refusedCommit(
  { topics }: OffsetCommitRequest,
  errorCode: ErrorCode,
): OffsetCommitAnswer {
  return {
    throttleTimeMs: 0,
    topics: topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }
}
