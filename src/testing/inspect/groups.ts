import { decode } from '../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import {
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse,
} from '../../protocol/schema/consumer-group-describe.js'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../../protocol/schema/consumer-protocol.js'
import {
  DescribeGroupsRequest,
  DescribeGroupsResponse,
} from '../../protocol/schema/describe-groups.js'
import { ListGroupsRequest, ListGroupsResponse } from '../../protocol/schema/list-groups.js'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../protocol/schema/offset-fetch.js'
import type { LocalClient } from '../local-client.js'
import type { RunningServer } from '../server-faults.js'
import type {
  GroupDescription,
  GroupMemberView,
  GroupOffsetView,
  GroupState,
  GroupView,
} from '../views.js'

/** Before it, a group that isn't there is a dead one, and no error. */
const DESCRIBE_VERSION = 5
const CONSUMER_DESCRIBE_VERSION = 0
const LIST_VERSION = 5
/** The last one that names topics. */
const OFFSETS_VERSION = 9
const CONSUMER_PROTOCOL = 'consumer'

/** A group as its coordinator has it. */
export class InspectedGroup implements GroupView {
  constructor(
    readonly groupId: string,
    private readonly running: () => RunningServer,
  ) {}

  async describe(): Promise<GroupDescription> {
    return (await this.#describeConsumer()) ?? this.#describeClassic()
  }

  async offsets(): Promise<readonly GroupOffsetView[]> {
    const { groups } = await this.running().client.ask(
      OffsetFetchRequest,
      OffsetFetchResponse,
      OFFSETS_VERSION,
      { groups: [{ groupId: this.groupId, topics: null }] },
    )
    const { topics, errorCode } = groups[0]!
    // Nobody has committed anything while there is no topic to keep it in.
    if (isAbsent(errorCode)) return []
    if (errorCode !== ErrorCode.NONE) throw new KafkaError(errorCode as ErrorCode)
    const { logs } = this.running().server.services
    const offsets = topics.flatMap(({ name: topic, partitions }) =>
      partitions.map(({ partitionIndex: partition, committedOffset, metadata }) => {
        const offset = Number(committedOffset)
        const end = logs.log(topic, partition)?.highWatermark ?? 0
        return { topic, partition, offset, metadata, lag: Math.max(0, end - offset) }
      }),
    )
    return offsets.sort((a, b) => compare(a.topic, b.topic) || a.partition - b.partition)
  }

  async lag(topic?: string): Promise<number> {
    const offsets = await this.offsets()
    return offsets
      .filter((each) => topic === undefined || each.topic === topic)
      .reduce((sum, { lag }) => sum + lag, 0)
  }

  /** @returns undefined for what isn't a group of the new protocol (KIP-848) */
  async #describeConsumer(): Promise<GroupDescription | undefined> {
    const { groups } = await this.running().client.ask(
      ConsumerGroupDescribeRequest,
      ConsumerGroupDescribeResponse,
      CONSUMER_DESCRIBE_VERSION,
      { groupIds: [this.groupId], includeAuthorizedOperations: false },
    )
    const { errorCode, groupState, members } = groups[0]!
    if (errorCode !== ErrorCode.NONE) return undefined
    return {
      groupId: this.groupId,
      type: 'consumer',
      state: groupState as GroupState,
      members: members.map((member) => ({
        memberId: member.memberId,
        instanceId: member.instanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        subscription: member.subscribedTopicNames,
        assignment: member.assignment.topicPartitions.map(({ topicName, partitions }) => ({
          topic: topicName,
          partitions,
        })),
      })),
    }
  }

  async #describeClassic(): Promise<GroupDescription> {
    const { groups } = await this.running().client.ask(
      DescribeGroupsRequest,
      DescribeGroupsResponse,
      DESCRIBE_VERSION,
      { groups: [this.groupId] },
    )
    const { errorCode, groupState, protocolType, members } = groups[0]!
    if (errorCode !== ErrorCode.NONE && !isAbsent(errorCode)) {
      throw new KafkaError(errorCode as ErrorCode)
    }
    const isDead = groupState === '' || groupState === 'Dead'
    return {
      groupId: this.groupId,
      type: isDead ? 'unknown' : 'classic',
      state: isDead ? 'Dead' : (groupState as GroupState),
      members: members.map((member) => classicMember(member, protocolType === CONSUMER_PROTOCOL)),
    }
  }
}

/** Ids of all groups. */
export async function groupIds(client: LocalClient): Promise<readonly string[]> {
  const { groups } = await client.ask(ListGroupsRequest, ListGroupsResponse, LIST_VERSION, {
    statesFilter: [],
    typesFilter: [],
  })
  return groups.map(({ groupId }) => groupId).sort(compare)
}

type ClassicMember = DescribeGroupsResponse['groups'][number]['members'][number]

function classicMember(member: ClassicMember, isConsumer: boolean): GroupMemberView {
  const { memberMetadata, memberAssignment } = member
  return {
    memberId: member.memberId,
    instanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscription: isConsumer ? subscriptionIn(memberMetadata) : [],
    assignment: isConsumer ? assignmentIn(memberAssignment) : [],
  }
}

/** Behind its version; the fields of version 0 come first in all of them. */
const VERSION_BYTES = 2

function subscriptionIn(bytes: Buffer): string[] {
  if (bytes.length < VERSION_BYTES) return []
  return decode(ConsumerProtocolSubscription, 0, bytes, VERSION_BYTES).value.topics
}

function assignmentIn(bytes: Buffer): GroupMemberView['assignment'] {
  if (bytes.length < VERSION_BYTES) return []
  const { assignedPartitions } = decode(ConsumerProtocolAssignment, 0, bytes, VERSION_BYTES).value
  return assignedPartitions.map(({ topic, partitions }) => ({ topic, partitions }))
}

function isAbsent(code: number): boolean {
  const { GROUP_ID_NOT_FOUND, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR } = ErrorCode
  return (
    code === GROUP_ID_NOT_FOUND || code === COORDINATOR_NOT_AVAILABLE || code === NOT_COORDINATOR
  )
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
