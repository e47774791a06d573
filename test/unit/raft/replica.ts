import { seededRandom } from '../../../src/env/random.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import type { OffsetAndEpoch } from '../../../src/raft/client.js'
import { RaftCore } from '../../../src/raft/core/core.js'
import type { Effect, QuorumState } from '../../../src/raft/core/effects.js'
import type { EpochStart } from '../../../src/raft/core/epoch-history.js'
import type {
  EntryBatch,
  FetchRequest,
  FetchResponse,
  RaftRequest,
  RaftResponse,
  VoteRequest,
} from '../../../src/raft/core/messages.js'
import { defaultRaftConfig, type RaftConfig } from '../../../src/raft/core/replica.js'
import { NO_DIRECTORY_ID, VoterSet } from '../../../src/raft/voter-set.js'

export interface ReplicaOptions {
  readonly id?: number
  readonly voters?: readonly number[]
  readonly quorumState?: QuorumState
  readonly epochs?: readonly EpochStart[]
  readonly endOffset?: number
  /** The snapshot that the log follows. */
  readonly base?: OffsetAndEpoch
  readonly config?: Partial<RaftConfig>
}

type Of<T extends Effect['type']> = Extract<Effect, { type: T }>

/** A core with its clock in hand; what it asks for is kept until it is looked at. */
export class TestReplica {
  readonly core: RaftCore
  readonly id: number
  nowMs = 1_000_000
  #effects: Effect[] = []
  #lastToken = 0

  constructor(options: ReplicaOptions = {}) {
    const { id = 1, voters = [1, 2, 3], base, quorumState, epochs = [], endOffset = 0 } = options
    this.id = id
    this.core = new RaftCore(
      {
        key: { id, directoryId: NO_DIRECTORY_ID },
        voters: VoterSet.ofIds(voters),
        kraftVersion: 0,
        quorumState,
        log: { epochs, endOffset, ...(base ? { base, latestSnapshotId: base } : {}) },
        config: { ...defaultRaftConfig, ...options.config },
        random: seededRandom(id),
      },
      this.nowMs,
    )
    this.#collect()
  }

  get stateName(): string {
    return this.core.state.name
  }

  #collect(): void {
    this.#effects.push(...this.core.takeEffects())
  }

  /** What was asked for since the last look, in order. */
  take(): Effect[] {
    this.#collect()
    return this.#effects.splice(0)
  }

  /** The same of one kind; the rest is dropped. */
  takeOnly<T extends Effect['type']>(type: T): Of<T>[] {
    return this.take().filter((effect): effect is Of<T> => effect.type === type)
  }

  /** Requests that went out since the last look. */
  sent(): { to: number; correlationId: number; request: RaftRequest }[] {
    return this.takeOnly('send')
  }

  /** Lets time pass, and does what is due on the way. */
  pass(ms: number): void {
    const end = this.nowMs + ms
    while (this.core.wakeAtMs <= end) {
      this.nowMs = Math.max(this.nowMs + 1, this.core.wakeAtMs)
      this.core.tick(this.nowMs)
      this.#collect()
    }
    this.nowMs = end
    this.core.tick(end)
    this.#collect()
  }

  /** Until the next wake-up. */
  passUntilDue(): void {
    this.pass(Math.max(0, this.core.wakeAtMs - this.nowMs))
  }

  /** @returns the effects, the reply among them */
  receive(request: RaftRequest): Effect[] {
    this.take()
    this.core.handleRequest(++this.#lastToken, request, this.nowMs)
    return this.take()
  }

  /** The reply to a request that is answered at once. */
  answerTo(request: RaftRequest): RaftResponse {
    const effects = this.receive(request)
    const reply = effects.find((effect) => effect.type === 'reply')
    if (!reply) throw new Error(`no reply, but ${effects.map(({ type }) => type)}`)
    return reply.response
  }

  respond(to: { to: number; correlationId: number }, response: RaftResponse): Effect[] {
    this.take()
    this.core.handleResponse(to.to, to.correlationId, response, this.nowMs)
    return this.take()
  }

  /** All appends asked for so far are durable. */
  completeAppends(): Effect[] {
    this.core.appendCompleted(Number.MAX_SAFE_INTEGER, this.nowMs)
    return this.take()
  }

  /** Waits out the election timeout: the replica asks for pre-votes. */
  becomeProspective(): { to: number; correlationId: number; request: RaftRequest }[] {
    while (this.stateName !== 'prospective') this.passUntilDue()
    return this.sent().filter(({ request }) => request.type === 'Vote')
  }

  /** Is granted everything it asks for, until it leads. */
  becomeLeader(): void {
    let asked = this.becomeProspective()
    while (this.stateName !== 'leader') {
      const [first] = asked
      if (first?.request.type !== 'Vote') throw new Error('no vote was asked for')
      asked = this.respond(first, vote({ epoch: this.core.leaderAndEpoch.epoch })).filter(
        (effect) => effect.type === 'send',
      )
    }
  }

  /** Learns of a leader. */
  follow(leaderId: number, epoch: number): void {
    this.followAndFetch(leaderId, epoch)
  }

  /** @returns the fetch that it sends at once */
  followAndFetch(leaderId: number, epoch: number): { to: number; correlationId: number } {
    const effects = this.receive(beginQuorumEpoch({ epoch, leaderId, voterId: this.id }))
    const fetch = effects.find((effect) => effect.type === 'send')
    if (fetch?.request.type !== 'Fetch') throw new Error('it did not fetch')
    return fetch
  }
}

const NO_LEADER = -1

export const vote = (fields: { epoch: number; granted?: boolean; leaderId?: number }) =>
  ({ type: 'Vote', error: ErrorCode.NONE, leaderId: NO_LEADER, granted: true, ...fields }) as const

export const voteRequest = (fields: Partial<VoteRequest>): VoteRequest => ({
  type: 'Vote',
  epoch: 1,
  candidateId: 2,
  candidateDirectoryId: NO_DIRECTORY_ID,
  voterId: 1,
  voterDirectoryId: NO_DIRECTORY_ID,
  lastEpoch: 0,
  lastOffset: 0,
  preVote: false,
  ...fields,
})

export const beginQuorumEpoch = (fields: { epoch: number; leaderId: number; voterId: number }) =>
  ({ type: 'BeginQuorumEpoch', voterDirectoryId: NO_DIRECTORY_ID, ...fields }) as const

export const fetchRequest = (fields: Partial<FetchRequest>): FetchRequest => ({
  type: 'Fetch',
  epoch: 1,
  replicaId: 2,
  replicaDirectoryId: NO_DIRECTORY_ID,
  fetchOffset: 0,
  lastFetchedEpoch: 0,
  maxWaitMs: 500,
  maxBytes: 1024,
  highWatermark: -1,
  ...fields,
})

export const fetched = (fields: Partial<FetchResponse>): FetchResponse => ({
  type: 'Fetch',
  error: ErrorCode.NONE,
  leaderId: 2,
  epoch: 1,
  highWatermark: -1,
  logStartOffset: 0,
  batches: [],
  ...fields,
})

export const batch = (baseOffset: number, endOffset: number, epoch: number): EntryBatch => ({
  baseOffset,
  endOffset,
  epoch,
  bytes: Buffer.alloc(0),
})
