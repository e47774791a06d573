import type { Random } from '../../env/random.js'
import { ErrorCode } from '../../protocol/errors.js'
import { NO_LEADER } from '../client.js'
import type { ReplicaKey, VoterSet } from '../voter-set.js'
import type { Effect, Entries, QuorumState, RequestToken } from './effects.js'
import { type LogStart, LogView } from './log-view.js'
import type { FetchResponse, RaftRequest, RaftResponse } from './messages.js'
import { PendingRequests } from './pending-requests.js'
import { type EpochState, leaderIdOf, votedKeyOf } from './state.js'

/** Times and sizes; the names of Kafka's configs where there is one. */
export interface RaftConfig {
  /** `controller.quorum.election.timeout.ms` */
  readonly electionTimeoutMs: number
  /** `controller.quorum.fetch.timeout.ms` */
  readonly fetchTimeoutMs: number
  /** `controller.quorum.election.backoff.max.ms` */
  readonly electionBackoffMaxMs: number
  /** `controller.quorum.request.timeout.ms` */
  readonly requestTimeoutMs: number
  /** `controller.quorum.retry.backoff.ms` */
  readonly retryBackoffMs: number
  readonly fetchMaxWaitMs: number
  readonly fetchMaxBytes: number
  /** Fetches that may wait at a leader; one more is answered at once. */
  readonly parkedFetchesMax: number
  /** Replicas other than voters that a leader keeps the progress of. */
  readonly observersMax: number
}

/** Kafka's defaults. */
export const defaultRaftConfig: RaftConfig = {
  electionTimeoutMs: 1000,
  fetchTimeoutMs: 2000,
  electionBackoffMaxMs: 1000,
  requestTimeoutMs: 2000,
  retryBackoffMs: 20,
  fetchMaxWaitMs: 500,
  fetchMaxBytes: 8 * 1024 * 1024,
  parkedFetchesMax: 1000,
  observersMax: 1000,
}

/** What a replica knows when it starts. */
export interface ReplicaStart {
  readonly key: ReplicaKey
  readonly voters: VoterSet
  /** `kraft.version`: 0 with configured voters, 1 where the log holds them. */
  readonly kraftVersion: number
  readonly quorumState: QuorumState | undefined
  readonly log: LogStart
  readonly config: RaftConfig
  readonly random: Random
}

/**
 * One replica's state, and the few ways in which it changes that every role shares. The roles'
 * rules are in `elections`, `leader` and `follower`.
 */
export class Replica {
  readonly key: ReplicaKey
  readonly voters: VoterSet
  readonly kraftVersion: number
  readonly config: RaftConfig
  readonly log: LogView
  readonly requests: PendingRequests
  readonly #random: Random
  #state: EpochState
  #persisted: QuorumState
  #effects: Effect[] = []
  #shuttingDown = false
  #committedOffset: number
  nowMs: number
  /** Everything before it is committed and durable here; unknown to a leader whose epoch is young. */
  highWatermark: number | undefined
  /** When there is something to do without an event, at the latest. */
  wakeAtMs = Number.POSITIVE_INFINITY

  constructor(start: ReplicaStart, nowMs: number, initial: EpochState) {
    this.key = start.key
    this.voters = start.voters
    this.kraftVersion = start.kraftVersion
    this.config = start.config
    this.#random = start.random
    this.nowMs = nowMs
    this.log = new LogView(start.log)
    this.requests = new PendingRequests(start.config)
    this.#state = initial
    this.#persisted = start.quorumState ?? { epoch: 0, leaderId: NO_LEADER, votedKey: undefined }
    this.highWatermark = start.log.latestSnapshotId?.offset
    this.#committedOffset = this.highWatermark ?? 0
    this.#persist()
  }

  get state(): EpochState {
    return this.#state
  }

  get epoch(): number {
    return this.#state.epoch
  }

  get leaderId(): number | undefined {
    return leaderIdOf(this.#state, this.key.id)
  }

  get isVoter(): boolean {
    return this.voters.has(this.key)
  }

  /** Everything before it is known to be committed, also while no high watermark is shown. */
  get committedOffset(): number {
    return this.#committedOffset
  }

  get shuttingDown(): boolean {
    return this.#shuttingDown
  }

  beginShutdown(): void {
    this.#shuttingDown = true
  }

  /** Random, so that voters rarely stand for election at the same time. */
  randomElectionDeadline(): number {
    const timeout = this.config.electionTimeoutMs
    return this.nowMs + timeout + this.#random.int(Math.max(1, timeout))
  }

  pick<T>(items: readonly T[]): T {
    return items[this.#random.int(items.length)]!
  }

  emit(effect: Effect): void {
    this.#effects.push(effect)
  }

  takeEffects(): Effect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  wakeAt(timeMs: number): void {
    this.wakeAtMs = Math.min(this.wakeAtMs, timeMs)
  }

  /** Enters another state. What has to be kept is kept before anything later is done. */
  become(next: EpochState): void {
    const previous = this.#state
    const previousLeader = this.leaderId
    this.#state = next
    this.requests.reset()
    this.#persist()
    if (previous.name === 'leader') {
      for (const { token } of previous.parked) {
        this.replyToFetch(token, ErrorCode.NOT_LEADER_OR_FOLLOWER)
      }
    }
    if (next.epoch !== previous.epoch || this.leaderId !== previousLeader) {
      this.emit({
        type: 'leaderChange',
        leaderId: this.leaderId ?? NO_LEADER,
        epoch: next.epoch,
        ...(next.name === 'leader' ? { epochStartOffset: next.epochStartOffset } : {}),
      })
    }
  }

  #persist(): void {
    const leaderId = this.#state.name === 'resigned' ? this.key.id : (this.leaderId ?? NO_LEADER)
    const votedKey = votedKeyOf(this.#state, this.key)
    const { epoch } = this.#state
    const kept = this.#persisted
    if (
      kept.epoch === epoch &&
      kept.leaderId === leaderId &&
      kept.votedKey?.id === votedKey?.id &&
      kept.votedKey?.directoryId === votedKey?.directoryId
    ) {
      return
    }
    this.#persisted = { epoch, leaderId, votedKey }
    this.#forgetIdlePersist()
    this.emit({ type: 'persist', state: this.#persisted })
  }

  /** What was to be kept before, and nothing relies on, needn't be: a voter alone writes once. */
  #forgetIdlePersist(): void {
    const last = this.#effects.findLastIndex(({ type }) => type !== 'leaderChange')
    if (this.#effects[last]?.type === 'persist') this.#effects.splice(last, 1)
  }

  append(epoch: number, endOffset: number, entries: Entries): void {
    const baseOffset = this.log.endOffset
    const appendId = this.log.beginAppend(epoch, endOffset)
    this.emit({ type: 'append', appendId, epoch, baseOffset, endOffset, entries })
  }

  advanceHighWatermark(offset: number): boolean {
    if (offset < this.#committedOffset || offset === this.highWatermark) return false
    this.highWatermark = offset
    this.#committedOffset = offset
    this.emit({ type: 'commit', highWatermark: offset })
    return true
  }

  /** @returns whether it went out: not while another is under way to that peer, or it backs off */
  send(to: number, request: RaftRequest): boolean {
    const correlationId = this.requests.begin(to, request, this.nowMs)
    if (correlationId === undefined) {
      this.wakeAt(this.requests.readyAt(to))
      return false
    }
    this.emit({ type: 'send', to, correlationId, request })
    this.wakeAt(this.requests.readyAt(to))
    return true
  }

  reply(token: RequestToken, response: RaftResponse): void {
    this.emit({ type: 'reply', token, response })
  }

  /** What every response says of this replica. */
  header(error: ErrorCode): { error: ErrorCode; leaderId: number; epoch: number } {
    return { error, leaderId: this.leaderId ?? NO_LEADER, epoch: this.epoch }
  }

  fetchResponse(error: ErrorCode): FetchResponse {
    return {
      type: 'Fetch',
      ...this.header(error),
      highWatermark: error === ErrorCode.NONE ? (this.highWatermark ?? -1) : -1,
      logStartOffset: this.log.startOffset,
      batches: [],
    }
  }

  replyToFetch(token: RequestToken, error: ErrorCode): void {
    this.reply(token, this.fetchResponse(error))
  }
}
