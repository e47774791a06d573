import { randomUuid } from '../../../env/random.js'
import type { Input } from '../../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../../protocol/schema/consumer-group-heartbeat.js'
import { messageOf } from '../../response-error.js'
import type { CoordinatorRecord } from '../../runtime/record.js'
import type { Outcome } from '../../runtime/state-machine.js'
import type { GroupRequestContext } from '../group-context.js'
import { groupTombstone } from '../group-records.js'
import type { GroupServices } from '../group-services.js'
import { ConsumerGroup } from './consumer-group.js'
import {
  type ConsumerGroupMember,
  type EpochAssignment,
  JOINING_MEMBER_EPOCH,
  sameAssignment,
  sameMember,
  sameSet,
} from './consumer-group-member.js'
import type { ConsumerGroupSettings } from './group-settings.js'
import {
  joiningMember,
  requireMemberEpoch,
  requireRoom,
  requireStaticMember,
} from './membership.js'
import type { Rebalance } from './rebalance.js'
import { memberSubscriptionRecord } from './records.js'
import type { MayDescribe, RegexSubscriptions } from './regex-subscriptions.js'
import type { MemberTimeouts } from './timeouts.js'
import type { Upgrade, Upgraded } from './upgrade.js'

export type HeartbeatAnswer = Input<typeof ConsumerGroupHeartbeatResponse>

/** `rebalanceTimeoutMs` of a member that has said it before. */
const NOT_GIVEN = -1

/**
 * ConsumerGroupHeartbeat of a member that stays or joins (Kafka's
 * `GroupMetadataManager.consumerGroupHeartbeat`): takes over what it says of itself, sees to it that
 * there is a target assignment for that, and takes the member on its way there.
 */
export class ConsumerGroupHeartbeat {
  constructor(
    private readonly services: GroupServices,
    private readonly settings: ConsumerGroupSettings,
    private readonly timeouts: MemberTimeouts,
    private readonly regexes: RegexSubscriptions,
    private readonly rebalance: Rebalance,
    private readonly upgrade: Upgrade,
  ) {}

  /** @throws KafkaError what the member is to know */
  run(
    context: GroupRequestContext,
    request: ConsumerGroupHeartbeatRequest,
    mayDescribe: MayDescribe,
  ): Outcome<HeartbeatAnswer> {
    const { groupId, topicPartitions: owned } = request
    const records: CoordinatorRecord[] = []
    const { group, completed } = this.#groupOf(request, records)
    requireRoom(group, request.memberId, this.services.config.consumerGroupMaxSize)
    const member = this.#memberOf(group, request, records)
    const updated = updatedMember(member, request, context)
    if (!sameMember(updated, member)) records.push(memberSubscriptionRecord(groupId, updated))
    const topicsChanged = !sameSet(updated.subscribedTopicNames, member.subscribedTopicNames)
    const regex = this.regexes.update(group, member, updated, mayDescribe)
    records.push(...regex.records)
    const target = this.rebalance.run(
      group,
      member,
      updated,
      topicsChanged || regex.change === 'resolved',
    )
    records.push(...target.records)
    const reconciled = this.rebalance.reconcile(group, updated, target, {
      owned,
      hasSubscriptionChanged: topicsChanged || regex.change !== 'none',
    })
    records.push(...reconciled.records)
    this.timeouts.beginSession(groupId, updated.memberId)
    return {
      records,
      response: this.#answer(request, member, reconciled.member),
      completed: (error) => {
        if (error === null) completed?.()
      },
    }
  }

  /** @throws KafkaError GROUP_ID_NOT_FOUND */
  #groupOf(
    { groupId, memberEpoch }: ConsumerGroupHeartbeatRequest,
    records: CoordinatorRecord[],
  ): Pick<Upgraded, 'group'> & Partial<Upgraded> {
    const { groups } = this.services
    const group = groups.find(groupId)
    if (group instanceof ConsumerGroup) return { group }
    const isJoining = memberEpoch === JOINING_MEMBER_EPOCH
    if (isJoining && group?.state === 'Empty') {
      // Whoever keeps offsets there, or was a member, makes way for a group of the new kind.
      records.push(groupTombstone(groupId))
      return { group: new ConsumerGroup(groupId) }
    }
    if (isJoining && group !== undefined) {
      const upgraded = this.upgrade.run(group)
      records.push(...upgraded.records)
      return upgraded
    }
    if (isJoining && !groups.has(groupId)) return { group: new ConsumerGroup(groupId) }
    throw new KafkaError(
      ErrorCode.GROUP_ID_NOT_FOUND,
      groups.has(groupId)
        ? `Group ${groupId} is not a consumer group.`
        : `Consumer group ${groupId} not found.`,
    )
  }

  #memberOf(
    group: ConsumerGroup,
    request: ConsumerGroupHeartbeatRequest,
    records: CoordinatorRecord[],
  ): ConsumerGroupMember {
    const { instanceId, memberEpoch, topicPartitions } = request
    if (memberEpoch === JOINING_MEMBER_EPOCH) {
      const memberId = request.memberId || randomUuid(this.services.random)
      return joiningMember(group, memberId, instanceId, records)
    }
    const member =
      instanceId === null
        ? group.requireMember(request.memberId)
        : requireStaticMember(group, request.memberId, instanceId)
    requireMemberEpoch(member, memberEpoch, topicPartitions)
    return member
  }

  /** The assignment goes to a member that may not know it. */
  #answer(
    request: ConsumerGroupHeartbeatRequest,
    before: ConsumerGroupMember,
    { memberId, memberEpoch, assignedPartitions }: ConsumerGroupMember,
  ): HeartbeatAnswer {
    const isFullRequest =
      request.rebalanceTimeoutMs !== NOT_GIVEN &&
      (request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null) &&
      request.topicPartitions !== null
    const isTold =
      request.memberEpoch === JOINING_MEMBER_EPOCH ||
      isFullRequest ||
      !sameAssignment(before.assignedPartitions, assignedPartitions)
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      memberId,
      memberEpoch,
      heartbeatIntervalMs: this.settings.heartbeatIntervalMs(request.groupId),
      assignment: isTold ? told(assignedPartitions) : null,
    }
  }
}

function told(assignedPartitions: EpochAssignment): HeartbeatAnswer['assignment'] {
  return {
    topicPartitions: [...assignedPartitions].map(([topicId, partitions]) => ({
      topicId,
      partitions: [...partitions.keys()],
    })),
  }
}

/** The answer to a heartbeat that failed. */
export function refusedHeartbeat(error: KafkaError): HeartbeatAnswer {
  return {
    throttleTimeMs: 0,
    errorCode: error.code,
    errorMessage: messageOf(error),
    memberId: null,
    memberEpoch: 0,
    heartbeatIntervalMs: 0,
    assignment: null,
  }
}

/** The member with what the request says of it; what it doesn't say stays. */
function updatedMember(
  member: ConsumerGroupMember,
  request: ConsumerGroupHeartbeatRequest,
  { clientId, clientAddress }: GroupRequestContext,
): ConsumerGroupMember {
  const { rebalanceTimeoutMs, subscribedTopicNames } = request
  return {
    ...member,
    instanceId: request.instanceId ?? member.instanceId,
    rackId: request.rackId ?? member.rackId,
    rebalanceTimeoutMs:
      rebalanceTimeoutMs === NOT_GIVEN ? member.rebalanceTimeoutMs : rebalanceTimeoutMs,
    serverAssignorName: request.serverAssignor ?? member.serverAssignorName,
    subscribedTopicNames:
      subscribedTopicNames === null ? member.subscribedTopicNames : new Set(subscribedTopicNames),
    subscribedTopicRegex: request.subscribedTopicRegex ?? member.subscribedTopicRegex,
    clientId: clientId ?? '',
    clientHost: `/${clientAddress}`,
    // With its first heartbeat of this kind, a member of the classic protocol has left that one.
    classicMemberMetadata: null,
  }
}
