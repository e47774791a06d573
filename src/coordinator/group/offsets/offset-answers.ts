import type { Input } from '../../../protocol/codec/index.js'
import type { OffsetCommitResponse } from '../../../protocol/schema/offset-commit.js'
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
export type FetchedTopic = One<OffsetFetchGroupAnswer['topics']>
export type FetchedPartition = One<FetchedTopic['partitions']>
export type OffsetCommitAnswer = Input<typeof OffsetCommitResponse>
export type TxnOffsetCommitAnswer = Input<typeof TxnOffsetCommitResponse>
export type OffsetDeleteAnswer = Input<typeof OffsetDeleteResponse>

export const NO_OFFSET = -1n
export const NO_LEADER_EPOCH = -1
