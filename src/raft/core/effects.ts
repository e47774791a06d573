import type { OffsetAndEpoch } from '../client.js'
import type { ReplicaKey } from '../voter-set.js'
import type { EntryBatch, RaftRequest, RaftResponse } from './messages.js'

/** What must survive a crash, or a voter could vote twice in an epoch. */
export interface QuorumState {
  readonly epoch: number
  /** -1 when unknown. */
  readonly leaderId: number
  readonly votedKey: ReplicaKey | undefined
}

/** Names an inbound request until its reply. Opaque to the core. */
export type RequestToken = number

/** The entries of an append. */
export type Entries =
  | { readonly kind: 'data'; readonly records: readonly Buffer[] }
  /** The first entry of an epoch (KIP-595's LeaderChangeMessage). */
  | {
      readonly kind: 'leaderChange'
      readonly leaderId: number
      readonly voters: readonly number[]
      readonly grantingVoters: readonly number[]
      /** The log's first entry in a dynamic quorum: the voters' records follow in the same batch. */
      readonly withVoters: boolean
    }
  | { readonly kind: 'fetched'; readonly batches: readonly EntryBatch[] }

/**
 * What the core asks the world to do. Effects are carried out in the order in which they came.
 * Nothing that follows a `persist`, `truncate` or `installSnapshot` may begin before that is
 * complete and durable; an `append` doesn't hold up what follows it, but appends complete in order.
 */
export type Effect =
  | { readonly type: 'persist'; readonly state: QuorumState }
  | {
      readonly type: 'send'
      readonly to: number
      readonly correlationId: number
      readonly request: RaftRequest
    }
  | { readonly type: 'reply'; readonly token: RequestToken; readonly response: RaftResponse }
  /** Reply with the entries from `fromOffset` up to `upToOffset`, at least one batch. */
  | {
      readonly type: 'replyWithEntries'
      readonly token: RequestToken
      readonly response: Extract<RaftResponse, { type: 'Fetch' }>
      readonly fromOffset: number
      readonly upToOffset: number
      readonly maxBytes: number
    }
  /** Reply with a piece of the snapshot, or with what is wrong with the request for it. */
  | {
      readonly type: 'replyWithSnapshot'
      readonly token: RequestToken
      readonly response: Extract<RaftResponse, { type: 'FetchSnapshot' }>
      readonly maxBytes: number
    }
  /** Answer by `appendCompleted(appendId)` once the entries are durable. */
  | {
      readonly type: 'append'
      readonly appendId: number
      readonly epoch: number
      readonly baseOffset: number
      /** The offset after the last entry. */
      readonly endOffset: number
      readonly entries: Entries
    }
  | { readonly type: 'truncate'; readonly endOffset: number }
  /** Everything before `highWatermark` is committed, and durable here. */
  | { readonly type: 'commit'; readonly highWatermark: number }
  | {
      readonly type: 'leaderChange'
      readonly leaderId: number
      readonly epoch: number
      /** Where this node's own epoch begins; absent when another leads. */
      readonly epochStartOffset?: number
    }
  | {
      readonly type: 'storeSnapshotPiece'
      readonly snapshotId: OffsetAndEpoch
      readonly position: number
      readonly bytes: Buffer
    }
  /** Make the stored pieces a snapshot, throw the log away and let it begin after the snapshot. */
  | { readonly type: 'installSnapshot'; readonly snapshotId: OffsetAndEpoch }
