import { ErrorCode } from '../../src/protocol/errors.js'
import { HeartbeatRequest } from '../../src/protocol/schema/heartbeat.js'
import { JoinGroupRequest } from '../../src/protocol/schema/join-group.js'
import { LeaveGroupRequest } from '../../src/protocol/schema/leave-group.js'
import { SyncGroupRequest } from '../../src/protocol/schema/sync-group.js'
import { classicAssignment, subscription } from '../../test/oracle/consumer-requests.js'
import type { Body } from '../../test/oracle/conversation.js'
import { Connection } from './connection.js'
import { type Group, type GroupMember, pause, REBALANCE_TIMEOUT_MS } from './group-load.js'

const PROTOCOL_TYPE = 'consumer'
const PROTOCOL_NAME = 'range'
const SUBSCRIPTION_VERSION = 3
const SESSION_TIMEOUT_MS = 45_000

/** A member of a classic group: it joins, syncs, and leads where it is told to. */
export class ClassicMember implements GroupMember {
  readonly #group: Group
  readonly #connection: Connection
  readonly #metadata: Buffer
  readonly #assignment: Buffer
  #memberId = ''
  #generationId = -1
  /** How many members the generation has. */
  static readonly #sizes = new WeakMap<Group, number>()

  private constructor(group: Group, connection: Connection) {
    this.#group = group
    this.#connection = connection
    const { topic } = group
    this.#metadata = subscription([topic], { version: SUBSCRIPTION_VERSION })
    this.#assignment = classicAssignment([{ topic, partitions: [0, 1] }])
  }

  static async open(port: number, group: Group): Promise<ClassicMember> {
    return new ClassicMember(group, await Connection.open(port))
  }

  /** Joins and syncs until the generation has all members of the group. */
  async settle(): Promise<void> {
    for (;;) {
      if (!(await this.#rejoin())) continue
      if (ClassicMember.#sizes.get(this.#group) === this.#group.size) return
      await this.#untilRebalancing()
    }
  }

  /** Learns that the group rebalances, and takes part. */
  async resettle(): Promise<void> {
    await this.#untilRebalancing()
    await this.settle()
  }

  async heartbeat(): Promise<void> {
    const errorCode = await this.#beat()
    if (errorCode !== ErrorCode.NONE) throw new Error(`heartbeat: ${errorCode}`)
  }

  async leave(): Promise<void> {
    const { errorCode } = await this.#connection.ask(LeaveGroupRequest, 5, {
      groupId: this.#group.id,
      members: [{ memberId: this.#memberId }],
    })
    if (errorCode !== ErrorCode.NONE) throw new Error(`leave: ${errorCode}`)
    this.#memberId = ''
  }

  close(): void {
    this.#connection.close()
  }

  /** One attempt. @returns whether it came to an assignment */
  async #rejoin(): Promise<boolean> {
    const joined = await this.#join()
    if (joined.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = joined.memberId
      return false
    }
    if (joined.errorCode !== ErrorCode.NONE) throw new Error(`join: ${joined.errorCode}`)
    this.#memberId = joined.memberId
    this.#generationId = joined.generationId
    const leads = joined.leader === joined.memberId
    if (leads) ClassicMember.#sizes.set(this.#group, joined.members.length)
    const { errorCode } = await this.#sync(leads ? joined.members : [])
    if (errorCode === ErrorCode.NONE) return true
    if (errorCode === ErrorCode.REBALANCE_IN_PROGRESS) return false
    throw new Error(`sync: ${errorCode}`)
  }

  #join(): Promise<Body> {
    return this.#connection.ask(JoinGroupRequest, 9, {
      groupId: this.#group.id,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
      memberId: this.#memberId,
      protocolType: PROTOCOL_TYPE,
      protocols: [{ name: PROTOCOL_NAME, metadata: this.#metadata }],
    })
  }

  #sync(members: readonly Body[]): Promise<Body> {
    return this.#connection.ask(SyncGroupRequest, 5, {
      groupId: this.#group.id,
      generationId: this.#generationId,
      memberId: this.#memberId,
      protocolType: PROTOCOL_TYPE,
      protocolName: PROTOCOL_NAME,
      assignments: members.map(({ memberId }) => ({ memberId, assignment: this.#assignment })),
    })
  }

  async #untilRebalancing(): Promise<void> {
    for (;;) {
      const errorCode = await this.#beat()
      if (errorCode === ErrorCode.REBALANCE_IN_PROGRESS) return
      if (errorCode !== ErrorCode.NONE) throw new Error(`heartbeat: ${errorCode}`)
      await pause()
    }
  }

  async #beat(): Promise<number> {
    const { errorCode } = await this.#connection.ask(HeartbeatRequest, 4, {
      groupId: this.#group.id,
      generationId: this.#generationId,
      memberId: this.#memberId,
    })
    return errorCode
  }
}
