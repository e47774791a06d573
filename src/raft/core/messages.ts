import type { ErrorCode } from '../../protocol/errors.js'
import type { OffsetAndEpoch } from '../client.js'

/**
 * The messages of KRaft, each the one partition's part of the wire message of that name.
 * Nothing here is bytes: the transport puts the envelope around them.
 */
export interface VoteRequest {
  readonly type: 'Vote'
  readonly epoch: number
  readonly candidateId: number
  readonly candidateDirectoryId: string
  /** Whom the request is meant for; -1 where the sender didn't say. */
  readonly voterId: number
  readonly voterDirectoryId: string
  readonly lastEpoch: number
  readonly lastOffset: number
  /** Asks whether a vote would be granted; promises nothing (KIP-996). */
  readonly preVote: boolean
}

export interface BeginQuorumEpochRequest {
  readonly type: 'BeginQuorumEpoch'
  readonly epoch: number
  readonly leaderId: number
  readonly voterId: number
  readonly voterDirectoryId: string
}

export interface EndQuorumEpochRequest {
  readonly type: 'EndQuorumEpoch'
  readonly epoch: number
  readonly leaderId: number
  /** Voters, those with the most of the log first. */
  readonly preferredCandidates: readonly number[]
}

export interface FetchRequest {
  readonly type: 'Fetch'
  readonly epoch: number
  readonly replicaId: number
  readonly replicaDirectoryId: string
  readonly fetchOffset: number
  readonly lastFetchedEpoch: number
  readonly maxWaitMs: number
  readonly maxBytes: number
  /** What the replica knows, so that it hears of a new one at once (KIP-1166). */
  readonly highWatermark: number
}

export interface FetchSnapshotRequest {
  readonly type: 'FetchSnapshot'
  readonly epoch: number
  readonly replicaId: number
  readonly replicaDirectoryId: string
  readonly snapshotId: OffsetAndEpoch
  readonly position: number
  readonly maxBytes: number
}

export type RaftRequest =
  | VoteRequest
  | BeginQuorumEpochRequest
  | EndQuorumEpochRequest
  | FetchRequest
  | FetchSnapshotRequest

/** What every response says of its sender. */
interface ResponseOf<T extends RaftRequest['type']> {
  readonly type: T
  readonly error: ErrorCode
  /** -1 when the sender knows none. */
  readonly leaderId: number
  readonly epoch: number
}

export interface VoteResponse extends ResponseOf<'Vote'> {
  readonly granted: boolean
}

export type BeginQuorumEpochResponse = ResponseOf<'BeginQuorumEpoch'>
export type EndQuorumEpochResponse = ResponseOf<'EndQuorumEpoch'>

/** Consecutive entries of one epoch in their stored form. */
export interface EntryBatch {
  readonly baseOffset: number
  /** The offset after the last entry. */
  readonly endOffset: number
  readonly epoch: number
  readonly bytes: Buffer
}

export interface FetchResponse extends ResponseOf<'Fetch'> {
  /** -1 when the leader doesn't know it yet. */
  readonly highWatermark: number
  readonly logStartOffset: number
  /** The requester's log differs from the leader's; this is where the leader's epoch ends. */
  readonly divergingEpoch?: OffsetAndEpoch
  /** What was asked for is no longer in the log; this snapshot is. */
  readonly snapshotId?: OffsetAndEpoch
  readonly batches: readonly EntryBatch[]
}

export interface FetchSnapshotResponse extends ResponseOf<'FetchSnapshot'> {
  readonly snapshotId: OffsetAndEpoch
  /** Of the whole snapshot, bytes. */
  readonly size: number
  readonly position: number
  readonly bytes: Buffer
}

export type RaftResponse =
  | VoteResponse
  | BeginQuorumEpochResponse
  | EndQuorumEpochResponse
  | FetchResponse
  | FetchSnapshotResponse
