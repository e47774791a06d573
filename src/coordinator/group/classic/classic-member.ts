import { ErrorCode } from '../../../protocol/errors.js'
import { type JoinAnswer, refusedJoin, refusedSync, type SyncAnswer } from './answers.js'
import { Waiter } from './waiter.js'

/** A protocol that a member offers, with what it says in it: its subscription, for consumers. */
export interface MemberProtocol {
  readonly name: string
  readonly metadata: Buffer
}

export interface ClassicMemberOptions {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  /** As Java prints an address: `/127.0.0.1`. */
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  readonly protocols: readonly MemberProtocol[]
  readonly assignment?: Buffer
}

const NO_ASSIGNMENT = Buffer.alloc(0)

/** One member of a classic group (Kafka's `ClassicGroupMember`). Soft state, as its group is. */
export class ClassicMember {
  readonly memberId: string
  /** Of a static member (KIP-345); null for a dynamic one. */
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  /** In the order in which the member likes them. */
  protocols: readonly MemberProtocol[]
  assignment: Buffer
  /** It joined, and has not been answered since: it can't send heartbeats yet. */
  isNew = false
  #joining: Waiter<JoinAnswer> | undefined
  #syncing: Waiter<SyncAnswer> | undefined

  constructor(options: ClassicMemberOptions) {
    this.memberId = options.memberId
    this.groupInstanceId = options.groupInstanceId
    this.clientId = options.clientId
    this.clientHost = options.clientHost
    this.rebalanceTimeoutMs = options.rebalanceTimeoutMs
    this.sessionTimeoutMs = options.sessionTimeoutMs
    this.protocols = options.protocols
    this.assignment = options.assignment ?? NO_ASSIGNMENT
  }

  get isStatic(): boolean {
    return this.groupInstanceId !== null
  }

  get isAwaitingJoin(): boolean {
    return this.#joining !== undefined
  }

  get isAwaitingSync(): boolean {
    return this.#syncing !== undefined
  }

  /** Waiting stands for heartbeats; a new member's waiting has its own time limit. */
  get hasSatisfiedHeartbeat(): boolean {
    return !this.isNew && (this.isAwaitingJoin || this.isAwaitingSync)
  }

  /** A request of it that waits already is told to come back: only the last one counts. */
  awaitJoin(): Promise<JoinAnswer> {
    this.completeJoin(refusedJoin(ErrorCode.REBALANCE_IN_PROGRESS, this.memberId))
    const waiter = new Waiter<JoinAnswer>()
    this.#joining = waiter
    return waiter.answer
  }

  awaitSync(): Promise<SyncAnswer> {
    this.completeSync(refusedSync(ErrorCode.REBALANCE_IN_PROGRESS))
    const waiter = new Waiter<SyncAnswer>()
    this.#syncing = waiter
    return waiter.answer
  }

  /** @returns whether it waited */
  completeJoin(answer: JoinAnswer): boolean {
    const waiter = this.#joining
    this.#joining = undefined
    waiter?.resolve(answer)
    return waiter !== undefined
  }

  completeSync(answer: SyncAnswer): boolean {
    const waiter = this.#syncing
    this.#syncing = undefined
    waiter?.resolve(answer)
    return waiter !== undefined
  }

  /** Answers whatever it waits for. */
  refuse(errorCode: ErrorCode, memberId = this.memberId): void {
    this.completeJoin(refusedJoin(errorCode, memberId))
    this.completeSync(refusedSync(errorCode))
  }

  clearAssignment(): void {
    this.assignment = NO_ASSIGNMENT
  }

  /** What it says in a protocol. */
  metadata(protocolName: string): Buffer {
    const protocol = this.protocols.find(({ name }) => name === protocolName)
    if (protocol === undefined) {
      throw new RangeError(`member ${this.memberId} doesn't support the protocol ${protocolName}`)
    }
    return protocol.metadata
  }

  /** The first of its protocols among the candidates. */
  vote(candidates: ReadonlySet<string>): string {
    const protocol = this.protocols.find(({ name }) => candidates.has(name))
    if (protocol === undefined) {
      throw new RangeError(`member ${this.memberId} supports none of the group's protocols`)
    }
    return protocol.name
  }

  /** Whether it would say the same again. */
  matches(protocols: readonly MemberProtocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      this.protocols.every(
        ({ name, metadata }, index) =>
          protocols[index]!.name === name && metadata.equals(protocols[index]!.metadata),
      )
    )
  }
}
