import { ApiKey } from '../../src/protocol/api-keys.js'
import { type Owned, subscription } from './consumer-requests.js'
import type { AskOptions, Body, Conversation } from './conversation.js'
import { joinBody } from './group-requests.js'

/** A classic member that asks with the subscriptions of real consumers. */
export class Classic {
  memberId = ''
  generationId = -1
  protocolName = 'range'
  owned: readonly Owned[] = []

  constructor(
    private readonly t: Conversation,
    readonly groupId: string,
    private readonly name: string,
    private readonly version: number,
    private readonly more: object = {},
    private readonly topics: readonly string[] = ['a'],
  ) {}

  body(more: object = {}): object {
    const metadata = subscription(this.topics, { ownedPartitions: this.owned })
    const { memberId } = this
    return joinBody(this.groupId, {
      memberId,
      protocols: [{ name: 'range', metadata }],
      ...this.more,
      ...more,
    })
  }

  async join(label: string, more: object = {}, options: AskOptions = {}): Promise<Body> {
    const ask = () =>
      this.t.ask(`${this.name} ${label}`, ApiKey.JoinGroup, this.version, this.body(more), {
        unordered: true,
        ...options,
      })
    let answer = await ask()
    if (answer.errorCode === 79) {
      this.memberId = answer.memberId
      answer = await ask()
    }
    if (answer.errorCode === 0) {
      this.memberId = answer.memberId
      this.generationId = answer.generationId
      this.protocolName = answer.protocolName
    }
    return answer
  }

  sync(label: string, assignments: readonly object[] = [], more: object = {}): Promise<Body> {
    const { memberId, generationId, protocolName, version } = this
    return this.t.ask(`${this.name} ${label}`, ApiKey.SyncGroup, Math.min(version, 5), {
      groupId: this.groupId,
      memberId,
      generationId,
      protocolType: 'consumer',
      protocolName,
      assignments,
      ...this.instance,
      ...more,
    })
  }

  beat(label: string, more: object = {}, options: AskOptions = {}): Promise<Body> {
    const { groupId, memberId, generationId } = this
    const body = { groupId, memberId, generationId, ...this.instance, ...more }
    return this.t.ask(`${this.name} ${label}`, ApiKey.Heartbeat, 4, body, options)
  }

  leave(label: string): Promise<Body> {
    const { groupId, memberId } = this
    const body = { groupId, members: [{ memberId, ...this.instance }] }
    return this.t.ask(`${this.name} ${label}`, ApiKey.LeaveGroup, 3, body)
  }

  commit(label: string, memberEpoch = this.generationId): Promise<Body> {
    return this.t.ask(`${this.name} ${label}`, ApiKey.OffsetCommit, 7, {
      groupId: this.groupId,
      memberId: this.memberId,
      generationIdOrMemberEpoch: memberEpoch,
      topics: [
        {
          name: 'a',
          partitions: [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: '' }],
        },
      ],
    })
  }

  get instance(): object {
    return 'groupInstanceId' in this.more ? { groupInstanceId: this.more.groupInstanceId } : {}
  }
}
