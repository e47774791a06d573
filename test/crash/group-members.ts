import { ApiKey } from '../../src/protocol/api-keys.js'
import { ErrorCode } from '../../src/protocol/errors.js'
import { classicAssignment, subscription } from '../oracle/consumer-requests.js'
import type { Body } from '../oracle/conversation.js'
import { Caller, findGroup, LOAD, PARTITIONS, readCommittedOffset } from './workload.js'

/** A member that doesn't come back is missed for so long; samsa is told to allow it. */
export const SESSION_TIMEOUT_MS = 3000
const REBALANCE_TIMEOUT_MS = 10_000
const LEAVE_EPOCH = -1
const MAX_HEARTBEATS = 1000
const HEARTBEAT_PAUSE_MS = 20
/** A subscription to {@link LOAD}, and its first partition. */
const SUBSCRIPTION = subscription([LOAD])
const ASSIGNMENT = classicAssignment([{ topic: LOAD, partitions: [0] }])

/** What the member isn't any more: it joins anew. */
const LOST: readonly number[] = [
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_MEMBER_EPOCH,
  ErrorCode.STALE_MEMBER_EPOCH,
]
/** The member takes part in a rebalance, and comes back. */
const REBALANCING: readonly number[] = [
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.ILLEGAL_GENERATION,
]

/** Two members of a group, and the offset that they commit. */
export interface Pair {
  readonly group: string
  /** Both are members, until the group is stable; then the first commits the next offset. */
  settle(port: number): Promise<void>
  /** What may be committed. */
  readonly acknowledged: number
  readonly sent: number
}

/** @returns what is wrong with what a group has committed */
export async function checkOffset(caller: Caller, pair: Pair): Promise<string[]> {
  const offset = await readCommittedOffset(caller, pair.group, LOAD, 0)
  if (offset >= pair.acknowledged && offset <= pair.sent) return []
  return [`${pair.group} is at ${offset}, not ${pair.acknowledged} to ${pair.sent}`]
}

abstract class Committing {
  acknowledged = -1
  sent = -1

  constructor(readonly group: string) {}

  /** @returns whether the member may; it isn't one any more otherwise */
  protected async commit(caller: Caller, memberId: string, epoch: number): Promise<boolean> {
    this.sent++
    const partition = {
      partitionIndex: 0,
      committedOffset: BigInt(this.sent),
      committedMetadata: memberId,
    }
    const errorOf = ({ topics }: Body) => topics[0].partitions[0].errorCode
    const answer = await caller.ask(
      ApiKey.OffsetCommit,
      9,
      {
        groupId: this.group,
        generationIdOrMemberEpoch: epoch,
        memberId,
        topics: [{ name: LOAD, partitions: [partition] }],
      },
      errorOf,
    )
    const errorCode = errorOf(answer)
    if (errorCode === ErrorCode.NONE) {
      this.acknowledged = this.sent
      return true
    }
    if ([...LOST, ...REBALANCING].includes(errorCode)) return false
    throw new Error(`commit of ${this.group}: ${errorCode}`)
  }
}

export interface ClassicMember {
  memberId: string
  generationId: number
  isLeader: boolean
  /** Of which it was told its assignment. */
  syncedGeneration: number
}

/** Two members of a classic group. */
export class ClassicPair extends Committing implements Pair {
  readonly members: readonly [ClassicMember, ClassicMember] = [newMember(), newMember()]

  async settle(port: number): Promise<void> {
    const callers = [new Caller(port), new Caller(port)] as const
    try {
      await findGroup(callers[0], this.group)
      const [first] = this.members
      do {
        for (const member of this.members) member.syncedGeneration = -1
        await Promise.all(this.members.map((member, i) => this.#takePart(callers[i]!, member)))
      } while (!(await this.commit(callers[0], first.memberId, first.generationId)))
    } finally {
      for (const caller of callers) caller.close()
    }
  }

  /** Joins and syncs, again and again, until both have done so in one generation. */
  async #takePart(caller: Caller, member: ClassicMember): Promise<void> {
    await this.join(caller, member)
    for (;;) {
      if ((await this.sync(caller, member)) === ErrorCode.NONE) {
        member.syncedGeneration = member.generationId
        if (await this.#isWholeOrRebalancing(caller, member)) return
      }
      await this.join(caller, member)
    }
  }

  /** @returns whether both are in one generation */
  async #isWholeOrRebalancing(caller: Caller, member: ClassicMember): Promise<boolean> {
    const [first, second] = this.members
    for (;;) {
      if (first.syncedGeneration === second.syncedGeneration) return true
      if ((await this.#heartbeat(caller, member)) !== ErrorCode.NONE) return false
      await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_PAUSE_MS))
    }
  }

  /** From a stable group on, both join once more; nobody has synced yet. */
  async rejoin(callers: readonly [Caller, Caller]): Promise<void> {
    const leader = this.members.findIndex(({ isLeader }) => isLeader)
    const rejoined = this.join(callers[leader]!, this.members[leader]!)
    const [caller, follower] = [callers[1 - leader]!, this.members[1 - leader]!]
    while ((await this.#heartbeat(caller, follower)) === ErrorCode.NONE) {
      await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_PAUSE_MS))
    }
    await Promise.all([rejoined, this.join(caller, follower)])
  }

  async #heartbeat(caller: Caller, { memberId, generationId }: ClassicMember): Promise<number> {
    const { errorCode } = await caller.ask(
      ApiKey.Heartbeat,
      4,
      { groupId: this.group, generationId, memberId },
      ({ errorCode }) => errorCode,
    )
    const expected: number[] = [ErrorCode.NONE, ...LOST, ...REBALANCING]
    if (!expected.includes(errorCode)) throw new Error(`heartbeat: ${errorCode}`)
    return errorCode
  }

  /** Until the member has a generation. */
  async join(caller: Caller, member: ClassicMember): Promise<void> {
    for (;;) {
      const answer = await caller.ask(
        ApiKey.JoinGroup,
        7,
        {
          groupId: this.group,
          sessionTimeoutMs: SESSION_TIMEOUT_MS,
          rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
          memberId: member.memberId,
          protocolType: 'consumer',
          protocols: [{ name: 'range', metadata: SUBSCRIPTION }],
        },
        ({ errorCode }) => errorCode,
      )
      const { errorCode, memberId, generationId, leader } = answer
      if (errorCode === ErrorCode.NONE) {
        Object.assign(member, { memberId, generationId, isLeader: leader === memberId })
        return
      }
      if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) member.memberId = memberId
      else if (LOST.includes(errorCode)) member.memberId = ''
      else if (!REBALANCING.includes(errorCode)) throw new Error(`join: ${errorCode}`)
    }
  }

  /** @returns the error code, which isn't one of a broken request */
  async sync(caller: Caller, { memberId, generationId, isLeader }: ClassicMember): Promise<number> {
    const assignments = this.members.map((each) => ({
      memberId: each.memberId,
      assignment: ASSIGNMENT,
    }))
    const { errorCode } = await caller.ask(
      ApiKey.SyncGroup,
      5,
      {
        groupId: this.group,
        generationId,
        memberId,
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: isLeader ? assignments : [],
      },
      ({ errorCode }) => errorCode,
    )
    const expected = [ErrorCode.NONE, ...LOST, ...REBALANCING]
    if (!expected.includes(errorCode)) throw new Error(`sync: ${errorCode}`)
    return errorCode
  }
}

const newMember = (): ClassicMember => ({
  memberId: '',
  generationId: -1,
  isLeader: false,
  syncedGeneration: -1,
})

/** As {@link Caller} asks. */
interface Asker {
  ask(apiKey: number, version: number, body: object, errorOf: (body: Body) => number): Promise<Body>
}

/** A member of a KIP-848 group, which names itself. */
export class ConsumerMember {
  epoch = 0
  owned: Body[] = []
  /** What it was told to own, if it hasn't said yet that it does. */
  #isTold = false

  constructor(
    readonly group: string,
    readonly memberId: string,
    private readonly topic = LOAD,
  ) {}

  get partitions(): number[] {
    return this.owned.flatMap(({ partitions }) => partitions)
  }

  /** One heartbeat, with what is new to the broker. @returns whether it is a member still */
  async heartbeat(caller: Asker): Promise<boolean> {
    const joins = this.epoch === 0
    const answer = await this.#beat(caller, {
      ...(joins && {
        rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
        subscribedTopicNames: [this.topic],
        serverAssignor: 'uniform',
      }),
      ...(joins || this.#isTold ? { topicPartitions: this.owned } : {}),
    })
    const { errorCode, errorMessage, memberEpoch, assignment } = answer
    if (LOST.includes(errorCode)) {
      this.epoch = 0
      this.owned = []
      this.#isTold = false
      return false
    }
    if (errorCode !== ErrorCode.NONE) throw new Error(`${this.group}: ${errorCode} ${errorMessage}`)
    this.epoch = memberEpoch
    this.#isTold = assignment !== null
    if (assignment !== null) this.owned = assignment.topicPartitions
    return true
  }

  async leave(caller: Asker): Promise<void> {
    this.epoch = LEAVE_EPOCH
    const { errorCode } = await this.#beat(caller, {})
    const expected: number[] = [ErrorCode.NONE, ...LOST]
    if (!expected.includes(errorCode)) throw new Error(`${this.group}: ${errorCode}`)
    this.epoch = 0
    this.owned = []
    this.#isTold = false
  }

  #beat(caller: Asker, more: object): Promise<Body> {
    const { group: groupId, memberId, epoch: memberEpoch } = this
    const request = { groupId, memberId, memberEpoch, ...more }
    return caller.ask(ApiKey.ConsumerGroupHeartbeat, 1, request, ({ errorCode }) => errorCode)
  }
}

/** Two members of a KIP-848 group. */
export class ConsumerPair extends Committing implements Pair {
  readonly members: readonly [ConsumerMember, ConsumerMember]

  constructor(group: string) {
    super(group)
    this.members = [
      new ConsumerMember(group, `${group} 1`),
      new ConsumerMember(group, `${group} 2`),
    ]
  }

  async settle(port: number): Promise<void> {
    const caller = new Caller(port)
    try {
      await findGroup(caller, this.group)
      for (let left = MAX_HEARTBEATS; left > 0; left--) {
        for (const member of this.members) await member.heartbeat(caller)
        const [{ memberId, epoch }] = this.members
        if (this.#isWhole() && (await this.commit(caller, memberId, epoch))) return
        await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_PAUSE_MS))
      }
      throw new Error(`${this.group} isn't stable after ${MAX_HEARTBEATS} heartbeats`)
    } finally {
      caller.close()
    }
  }

  /** All partitions are owned, by one member each. */
  #isWhole(): boolean {
    const owned = this.members.flatMap(({ partitions }) => partitions).sort((a, b) => a - b)
    const isShared = this.members.every(({ partitions }) => partitions.length > 0)
    return isShared && owned.join() === Array.from({ length: PARTITIONS }, (_, i) => i).join()
  }
}
