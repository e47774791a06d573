import { ErrorCode } from '../../protocol/errors.js'
import { type LeaderAndEpoch, NO_LEADER, NotLeaderError, type OffsetAndEpoch } from '../client.js'
import type { Effect, RequestToken } from './effects.js'
import {
  becomeProspective,
  handleVote,
  handleVoteResponse,
  initialState,
  observe,
  pollNominee,
} from './elections.js'
import {
  handleBeginQuorumEpoch,
  handleEndQuorumEpoch,
  handleEndQuorumEpochResponse,
  handleFetchResponse,
  handleFetchSnapshotResponse,
  pollFollower,
  pollResigned,
  pollUnattached,
  updateFollowerHighWatermark,
} from './follower.js'
import {
  handleBeginQuorumEpochResponse,
  handleFetch,
  handleFetchSnapshot,
  leaderAppendCompleted,
  pollLeader,
  resign,
} from './leader.js'
import type { LogView } from './log-view.js'
import type { RaftRequest, RaftResponse } from './messages.js'
import { Replica, type ReplicaStart } from './replica.js'
import type { EpochState } from './state.js'

/**
 * KRaft (KIP-595, KIP-996) without time, network, disk or randomness of its own: each event comes
 * with the time, and what is to be done about it is taken with {@link takeEffects}.
 *
 * The caller carries out effects as {@link Effect} says, reports each append, and calls
 * {@link tick} no later than {@link wakeAtMs}. Everything here is synchronous.
 */
export class RaftCore {
  readonly #replica: Replica

  constructor(start: ReplicaStart, nowMs: number) {
    this.#replica = new Replica(start, nowMs, initialState(start, nowMs))
    // There is nobody to wait for.
    if (start.voters.isOnlyVoter(start.key)) becomeProspective(this.#replica)
    this.#poll()
  }

  get state(): EpochState {
    return this.#replica.state
  }

  get log(): LogView {
    return this.#replica.log
  }

  get leaderAndEpoch(): LeaderAndEpoch {
    return { leaderId: this.#replica.leaderId ?? NO_LEADER, epoch: this.#replica.epoch }
  }

  /** `kraft.version`: 0 with configured voters, 1 where the log holds them. */
  get kraftVersion(): number {
    return this.#replica.kraftVersion
  }

  get highWatermark(): number | undefined {
    return this.#replica.highWatermark
  }

  /** When the next {@link tick} is due, ms. */
  get wakeAtMs(): number {
    return this.#replica.wakeAtMs
  }

  /** What is to be done, in this order; each is handed out once. */
  takeEffects(): Effect[] {
    return this.#replica.takeEffects()
  }

  tick(nowMs: number): void {
    this.#at(nowMs, () => {})
  }

  /** A request came in; exactly one reply effect will carry `token`. */
  handleRequest(token: RequestToken, request: RaftRequest, nowMs: number): void {
    this.#at(nowMs, (r) => {
      switch (request.type) {
        case 'Vote':
          return handleVote(r, token, request)
        case 'BeginQuorumEpoch':
          return handleBeginQuorumEpoch(r, token, request)
        case 'EndQuorumEpoch':
          return handleEndQuorumEpoch(r, token, request)
        case 'Fetch':
          return handleFetch(r, token, request)
        case 'FetchSnapshot':
          return handleFetchSnapshot(r, token, request)
      }
    })
  }

  handleResponse(from: number, correlationId: number, response: RaftResponse, nowMs: number): void {
    this.#at(nowMs, (r) => {
      const request = r.requests.complete(from, correlationId)
      if (!request || request.type !== response.type) return
      if (response.error !== ErrorCode.NONE) r.requests.backOff(from, r.nowMs)
      if (response.error === ErrorCode.UNKNOWN_LEADER_EPOCH) return
      const { state } = r
      if (!observe(r, response.epoch, response.leaderId)) return
      // Whatever was asked, the asker has moved on; only a fetch is still good for a new follower.
      if (r.state !== state && request.type !== 'Fetch') return
      if (response.error !== ErrorCode.NONE && response.type !== 'FetchSnapshot') return
      this.#handleAnswer(r, from, request, response)
    })
  }

  #handleAnswer(r: Replica, from: number, request: RaftRequest, response: RaftResponse): void {
    switch (response.type) {
      case 'Vote':
        handleVoteResponse(r, from, response)
        return
      case 'BeginQuorumEpoch':
        handleBeginQuorumEpochResponse(r, from)
        return
      case 'EndQuorumEpoch':
        handleEndQuorumEpochResponse(r, from)
        return
      case 'Fetch':
        if (request.type === 'Fetch') handleFetchResponse(r, request, response)
        return
      case 'FetchSnapshot':
        handleFetchSnapshotResponse(r, response)
        return
    }
  }

  /** No response will come. */
  requestFailed(to: number, correlationId: number, nowMs: number): void {
    this.#at(nowMs, (r) => {
      if (r.requests.complete(to, correlationId)) r.requests.backOff(to, r.nowMs)
    })
  }

  /** That append, and with it every earlier one, is durable. */
  appendCompleted(appendId: number, nowMs: number): void {
    this.#at(nowMs, (r) => {
      r.log.completeAppend(appendId)
      const { state } = r
      if (state.name === 'leader') leaderAppendCompleted(r, state)
      else if (state.name === 'follower') updateFollowerHighWatermark(r, state)
    })
  }

  /**
   * Appends the records as one batch.
   *
   * @returns the offset of the last one
   * @throws NotLeaderError when this replica doesn't lead in `epoch`
   */
  append(epoch: number, records: readonly Buffer[], nowMs: number): number {
    if (records.length === 0) throw new RangeError('an append needs at least one record')
    let lastOffset = -1
    this.#at(nowMs, (r) => {
      if (r.state.name !== 'leader' || r.epoch !== epoch || r.shuttingDown) {
        throw new NotLeaderError(
          `replica ${r.key.id} is ${r.state.name} in epoch ${r.epoch}, not the leader of epoch ${epoch}`,
        )
      }
      const endOffset = r.log.endOffset + records.length
      r.append(epoch, endOffset, { kind: 'data', records })
      lastOffset = endOffset - 1
    })
    return lastOffset
  }

  resign(epoch: number, nowMs: number): void {
    this.#at(nowMs, (r) => {
      if (r.epoch === epoch) resign(r)
    })
  }

  /** Takes no further part in elections; a leader resigns and tells the others. */
  shutdown(nowMs: number): void {
    this.#at(nowMs, (r) => r.beginShutdown())
  }

  /** Everything before `id.offset`, which is committed, is in a snapshot of this replica's own. */
  snapshotCreated(id: OffsetAndEpoch): void {
    this.#replica.log.snapshotCreated(id)
  }

  /** The log before the snapshot has been deleted. */
  logStartAdvanced(snapshotId: OffsetAndEpoch): void {
    this.#replica.log.advanceStart(snapshotId)
  }

  #at(nowMs: number, event: (r: Replica) => void): void {
    this.#replica.nowMs = nowMs
    event(this.#replica)
    this.#poll()
  }

  /** Does what the state and the time call for, until nothing is left. */
  #poll(): void {
    const r = this.#replica
    let state: EpochState
    do {
      state = r.state
      r.wakeAtMs = Number.POSITIVE_INFINITY
      this.#pollState(r, state)
    } while (r.state !== state)
  }

  #pollState(r: Replica, state: EpochState): void {
    switch (state.name) {
      case 'leader':
        pollLeader(r, state)
        return
      case 'follower':
        pollFollower(r, state)
        return
      case 'unattached':
        pollUnattached(r, state)
        return
      case 'resigned':
        pollResigned(r, state)
        return
      default:
        pollNominee(r)
        return
    }
  }
}
