import type { OffsetAndEpoch } from '../client.js'
import type { ReplicaKey, VoterSet } from '../voter-set.js'
import type { RequestToken } from './effects.js'
import type { FetchRequest } from './messages.js'

/** Votes of an election, our own included. */
export interface Ballot {
  readonly granted: Set<number>
  readonly rejected: Set<number>
}

/** What the leader knows of another replica. */
export interface ReplicaProgress {
  readonly key: ReplicaKey
  /** Everything before it is durable there and equal to the leader's; -1 until it has fetched. */
  endOffset: number
  lastFetchMs: number
  /** When it last had everything the leader had. */
  lastCaughtUpMs: number
  /** Has shown that it knows of this epoch. */
  acknowledged: boolean
}

/** A fetch that waits for something to tell. */
export interface ParkedFetch {
  readonly token: RequestToken
  readonly request: FetchRequest
  readonly deadlineMs: number
}

export interface Resigned {
  readonly name: 'resigned'
  readonly epoch: number
  readonly electionDeadlineMs: number
  /** Voters that haven't acknowledged the end of the epoch. */
  readonly unacknowledged: Set<number>
  readonly preferredCandidates: readonly number[]
}

export interface Unattached {
  readonly name: 'unattached'
  readonly epoch: number
  readonly leaderId: number | undefined
  readonly votedKey: ReplicaKey | undefined
  readonly electionDeadlineMs: number
}

export interface Prospective {
  readonly name: 'prospective'
  readonly epoch: number
  readonly leaderId: number | undefined
  readonly votedKey: ReplicaKey | undefined
  readonly electionDeadlineMs: number
  readonly ballot: Ballot
}

export interface Candidate {
  readonly name: 'candidate'
  readonly epoch: number
  readonly electionDeadlineMs: number
  readonly ballot: Ballot
}

export interface Follower {
  readonly name: 'follower'
  readonly epoch: number
  readonly leaderId: number
  readonly votedKey: ReplicaKey | undefined
  fetchDeadlineMs: number
  /** The leader has answered a fetch, so it lives. */
  hasFetched: boolean
  /** The leader's high watermark as last heard, which may lie beyond what is durable here. */
  leaderHighWatermark: number
  snapshot: { readonly id: OffsetAndEpoch; position: number } | undefined
}

export interface Leader {
  readonly name: 'leader'
  readonly epoch: number
  readonly epochStartOffset: number
  readonly replicas: Map<number, ReplicaProgress>
  parked: ParkedFetch[]
  /** A majority has to fetch until then. */
  checkQuorumDeadlineMs: number
  nextBeginQuorumMs: number
  /** Voters that have fetched since the deadline was set. */
  readonly fetchedVoters: Set<number>
}

/** KRaft's states (KIP-595, KIP-996). */
export type EpochState = Resigned | Unattached | Prospective | Candidate | Follower | Leader

export function leaderIdOf(state: EpochState, localId: number): number | undefined {
  switch (state.name) {
    case 'leader':
      return localId
    case 'resigned':
    case 'candidate':
      return undefined
    default:
      return state.leaderId
  }
}

/** For whom this node has voted in the state's epoch, as far as that is kept. */
export function votedKeyOf(state: EpochState, local: ReplicaKey): ReplicaKey | undefined {
  switch (state.name) {
    case 'leader':
    case 'resigned':
      return undefined
    case 'candidate':
      return local
    default:
      return state.votedKey
  }
}

export function isGranted(ballot: Ballot, voters: VoterSet): boolean {
  return ballot.granted.size >= voters.majority
}

export function isRejected(ballot: Ballot, voters: VoterSet): boolean {
  return ballot.rejected.size > voters.size - voters.majority
}
