import { ApiKey } from '../../src/protocol/api-keys.js'
import { encode } from '../../src/protocol/codec/index.js'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../../src/protocol/schema/consumer-protocol.js'
import type { AskOptions, Body, Conversation } from './conversation.js'

/** Joins and leaves by their epochs. */
export const JOIN = 0
export const LEAVE = -1
export const LEAVE_FOR_A_WHILE = -2

/** Groups are assigned at once, whatever was assigned the moment before. */
export const ASSIGNED_AT_ONCE = { 'group.consumer.assignment.interval.ms': '0' }

interface TopicPartitions {
  readonly topicId: string
  readonly partitions: readonly number[]
}

/** A full heartbeat, as a member sends it that joins. */
export function heartbeatBody(groupId: string, memberId: string, more: object = {}): object {
  return {
    groupId,
    memberId,
    memberEpoch: JOIN,
    rebalanceTimeoutMs: 30_000,
    subscribedTopicNames: [],
    topicPartitions: [],
    ...more,
  }
}

/** A member of a consumer group that does as it is told: it keeps its epoch and its partitions. */
export class Member {
  memberEpoch = JOIN
  private readonly name: string
  /** What it was assigned last. */
  assigned: readonly TopicPartitions[] = []

  constructor(
    private readonly t: Conversation,
    readonly groupId: string,
    public memberId: string,
    /** What it says of itself when it joins. */
    private readonly self: object = {},
    private readonly version = 1,
  ) {
    // Only a client of version 0 is given its id, which no two brokers would give.
    this.name = memberId || 'somebody'
  }

  /** Asks with the epoch 0 and everything that it has to say. */
  join(label: string, more: object = {}, options: AskOptions = {}): Promise<Body> {
    return this.#ask(label, { ...this.self, memberEpoch: JOIN, ...more }, options)
  }

  /** Asks with nothing but its epoch, and what is given. */
  beat(label: string, more: object = {}, options: AskOptions = {}): Promise<Body> {
    const { memberEpoch } = this
    const body = {
      memberEpoch,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      topicPartitions: null,
      ...this.#instance,
      ...more,
    }
    return this.#ask(label, body, options)
  }

  /** Says that it has what it was assigned, and nothing else. */
  own(label: string, options: AskOptions = {}): Promise<Body> {
    return this.beat(label, { topicPartitions: this.assigned }, options)
  }

  leave(label: string, memberEpoch = LEAVE): Promise<Body> {
    return this.beat(label, { memberEpoch })
  }

  get #instance(): object {
    return 'instanceId' in this.self ? { instanceId: this.self.instanceId } : {}
  }

  async #ask(label: string, more: object, options: AskOptions): Promise<Body> {
    const body = heartbeatBody(this.groupId, this.memberId, more)
    const answer = await this.t.ask(
      `${this.name} ${label}`,
      ApiKey.ConsumerGroupHeartbeat,
      this.version,
      body,
      { unordered: true, ...options },
    )
    if (answer.errorCode !== 0) return answer
    this.memberId = answer.memberId ?? this.memberId
    this.memberEpoch = answer.memberEpoch
    this.assigned = answer.assignment?.topicPartitions ?? this.assigned
    return answer
  }
}

/** Lets members own what they are assigned, one after the other, until that changes nothing. */
export async function settle(label: string, ...members: readonly Member[]): Promise<void> {
  for (let round = 1; round <= members.length + 1; round++) {
    for (const member of members) await member.own(`${label}, round ${round}`)
  }
}

export function describeConsumers(
  t: Conversation,
  label: string,
  groupId: string,
  version = 1,
  options: AskOptions = {},
): Promise<Body> {
  const body = { groupIds: [groupId], includeAuthorizedOperations: false }
  const asked = { unordered: true, ...options }
  return t.ask(label, ApiKey.ConsumerGroupDescribe, version, body, asked)
}

export interface Owned {
  readonly topic: string
  readonly partitions: readonly number[]
}

/** What a classic consumer says of itself, with the version of its schema in front. */
export function subscription(
  topics: readonly string[],
  more: { readonly version?: number; readonly ownedPartitions?: readonly Owned[] } = {},
): Buffer {
  const { version = 1, ownedPartitions = [] } = more
  const value = { topics, userData: null, ownedPartitions, generationId: -1, rackId: null }
  return versioned(version, encode(ConsumerProtocolSubscription, version, value as never))
}

/** What a classic consumer is assigned, with the version of its schema in front. */
export function classicAssignment(assignedPartitions: readonly Owned[]): Buffer {
  const value = { assignedPartitions, userData: null }
  return versioned(1, encode(ConsumerProtocolAssignment, 1, value as never))
}

function versioned(version: number, chunks: readonly Buffer[]): Buffer {
  const prefix = Buffer.alloc(2)
  prefix.writeInt16BE(version)
  return Buffer.concat([prefix, ...chunks])
}
