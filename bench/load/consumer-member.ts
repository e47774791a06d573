import { randomUUID } from 'node:crypto'
import { ErrorCode } from '../../src/protocol/errors.js'
import { ConsumerGroupHeartbeatRequest } from '../../src/protocol/schema/consumer-group-heartbeat.js'
import type { Body } from '../../test/oracle/conversation.js'
import { Connection } from './connection.js'
import { type Group, type GroupMember, pause, REBALANCE_TIMEOUT_MS } from './group-load.js'

const JOIN_EPOCH = 0
const LEAVE_EPOCH = -1

/** A member of a KIP-848 group: it takes and gives back partitions as it is told. */
export class ConsumerMember implements GroupMember {
  readonly #group: Group
  readonly #connection: Connection
  readonly #memberId = randomUUID()
  #epoch = JOIN_EPOCH
  #owned: Body[] = []
  /** It was told what to own, and hasn't said yet that it does. */
  #isTold = false

  private constructor(group: Group, connection: Connection) {
    this.#group = group
    this.#connection = connection
  }

  static async open(port: number, group: Group): Promise<ConsumerMember> {
    return new ConsumerMember(group, await Connection.open(port))
  }

  /** Joins, and heartbeats until it owns its share of the partitions. */
  async settle(): Promise<void> {
    this.#take(
      await this.#beat({
        rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
        subscribedTopicNames: [this.#group.topic],
        topicPartitions: [],
      }),
    )
    await this.resettle()
  }

  /** Heartbeats until it owns its share, and has said so. */
  async resettle(): Promise<void> {
    for (;;) {
      // What it has taken or given back is said at once.
      const saysSo = this.#isTold
      this.#take(await this.#beat(saysSo ? { topicPartitions: this.#owned } : {}))
      if (this.#isTold) continue
      if (this.#count() === this.#group.partitions / this.#group.size) return
      if (!saysSo) await pause()
    }
  }

  async heartbeat(): Promise<void> {
    await this.#beat({})
  }

  async leave(): Promise<void> {
    this.#epoch = LEAVE_EPOCH
    await this.#beat({})
    this.#epoch = JOIN_EPOCH
    this.#owned = []
  }

  close(): void {
    this.#connection.close()
  }

  #count(): number {
    return this.#owned.reduce((sum, { partitions }) => sum + partitions.length, 0)
  }

  #take({ assignment }: Body): void {
    this.#isTold = assignment !== null
    if (assignment !== null) this.#owned = assignment.topicPartitions
  }

  async #beat(more: object): Promise<Body> {
    const answer = await this.#connection.ask(ConsumerGroupHeartbeatRequest, 1, {
      groupId: this.#group.id,
      memberId: this.#memberId,
      memberEpoch: this.#epoch,
      ...more,
    })
    if (answer.errorCode !== ErrorCode.NONE) {
      throw new Error(`heartbeat: ${answer.errorCode} ${answer.errorMessage}`)
    }
    this.#epoch = answer.memberEpoch
    return answer
  }
}
