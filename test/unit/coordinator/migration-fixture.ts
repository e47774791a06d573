import {
  decodeAssignment,
  encodeAssignment,
} from '../../../src/coordinator/group/consumer/embedded-protocol.js'
import type { GroupCoordinatorConfig } from '../../../src/coordinator/group/group-config.js'
import type { GroupMetadata, GroupTopic } from '../../../src/coordinator/group/group-metadata.js'
import { encodeToBuffer } from '../../../src/protocol/codec/index.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { ConsumerProtocolSubscription } from '../../../src/protocol/schema/consumer-protocol.js'
import type { JoinGroupRequest } from '../../../src/protocol/schema/join-group.js'
import { settle } from './asked.js'
import {
  GROUP,
  type Member,
  memberOf,
  REBALANCE_MS,
  subscription,
  TestGroups,
} from './group-fixture.js'
import { MemoryCoordinatorLog } from './memory-coordinator-log.js'

const { NONE } = ErrorCode

const PARTITIONS = 4
export const TOPIC: GroupTopic = {
  name: 'topic',
  id: 'IA1gCe3gQmW9ZkPvX1jKgA',
  partitionCount: PARTITIONS,
  racksOf: () => [],
}
const METADATA: GroupMetadata = {
  version: 1,
  topicNames: () => [TOPIC.name],
  topic: (name) => (name === TOPIC.name ? TOPIC : undefined),
  topicById: (id) => (id === TOPIC.id ? TOPIC : undefined),
  groupConfigs: () => new Map(),
}

/** A member of the consumer protocol. */
export interface NewMember {
  readonly memberId: string
  readonly instanceId: string | null
  epoch: number
  partitions: readonly number[]
}

export const shareOf = (...partitions: number[]) =>
  encodeAssignment(new Map([[TOPIC.id, new Set(partitions)]]), subscription(), METADATA)

export const partitionsOf = (assignment: Buffer | undefined) =>
  decodeAssignment(assignment!).assignedPartitions.flatMap(({ partitions }) => partitions)

export class Migration extends TestGroups {
  constructor(config: Partial<GroupCoordinatorConfig> = {}, log = new MemoryCoordinatorLog()) {
    super(config, log, METADATA)
  }

  /** A stable classic group of one, which has all partitions. */
  async alone(more: Partial<JoinGroupRequest> = {}, share = shareOf(0, 1, 2, 3)): Promise<Member> {
    const { groupInstanceId = null } = more
    const joining = groupInstanceId === null ? await this.joinTwice(more) : this.join(more)
    await settle()
    this.pacing.advance(10_000)
    await settle()
    const member = memberOf(joining.answer!, groupInstanceId)
    await this.assign(member, share)
    return member
  }

  /** A leader of nobody but itself assigns. */
  assign({ memberId, generationId, groupInstanceId }: Member, assignment: Buffer) {
    return this.coordinator.syncGroup(this.context, {
      groupId: GROUP,
      generationId,
      memberId,
      groupInstanceId,
      protocolType: null,
      protocolName: null,
      assignments: [{ memberId, assignment }],
    })
  }

  /** What it joins with; then what it owns. */
  async beat(member: NewMember, owned: readonly number[] | null = member.partitions) {
    const isJoining = member.epoch === 0
    const answer = await this.coordinator.consumerGroupHeartbeat(
      { ...this.context, apiVersion: 1 },
      {
        groupId: GROUP,
        memberId: member.memberId,
        memberEpoch: member.epoch,
        instanceId: member.instanceId,
        rackId: null,
        rebalanceTimeoutMs: isJoining ? REBALANCE_MS : -1,
        subscribedTopicNames: isJoining ? [TOPIC.name] : null,
        subscribedTopicRegex: null,
        serverAssignor: null,
        topicPartitions:
          owned === null
            ? null
            : owned.length === 0
              ? []
              : [{ topicId: TOPIC.id, partitions: [...owned] }],
      },
      () => true,
    )
    if (answer.errorCode !== NONE) return answer
    member.epoch = answer.memberEpoch
    if (answer.assignment) {
      member.partitions = answer.assignment.topicPartitions.flatMap((each) => each.partitions)
    }
    return answer
  }

  /** A classic member joins again with what it has, and fetches what it is to have. */
  async rejoin(member: Member, owned: readonly number[]): Promise<readonly number[]> {
    const joining = this.join({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      protocols: [{ name: 'range', metadata: subscriptionWith(owned) }],
    })
    await settle()
    if (joining.answer?.errorCode !== NONE) throw new Error(`join: ${joining.answer?.errorCode}`)
    member.generationId = joining.answer.generationId!
    const sync = this.sync(member)
    await settle()
    if (sync.answer?.errorCode !== NONE) throw new Error(`sync: ${sync.answer?.errorCode}`)
    return partitionsOf(sync.answer.assignment as Buffer)
  }

  async describeConsumers() {
    const [group] = await this.coordinator.describeConsumerGroups(this.context, [GROUP])
    return group!
  }
}

function subscriptionWith(owned: readonly number[]): Buffer {
  const ownedPartitions = [{ topic: TOPIC.name, partitions: owned }]
  const body = { topics: [TOPIC.name], ownedPartitions }
  const bytes = encodeToBuffer(ConsumerProtocolSubscription, 1, body)
  return Buffer.concat([Buffer.from([0, 1]), bytes])
}

export const newMember = (memberId: string, instanceId: string | null = null): NewMember => ({
  memberId,
  instanceId,
  epoch: 0,
  partitions: [],
})
