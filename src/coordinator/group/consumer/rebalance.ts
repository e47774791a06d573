import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import type { CoordinatorRecord } from '../../runtime/record.js'
import type { GroupServices } from '../group-services.js'
import {
  type MemberAssignment,
  type PartitionAssignor,
  PartitionAssignorError,
  type SubscriptionType,
} from './assignor.js'
import { preferredAssignorAfter } from './assignors.js'
import type { ConsumerGroup } from './consumer-group.js'
import {
  type ConsumerGroupMember,
  isReconciledTo,
  sameMember,
  usesClassicProtocol,
} from './consumer-group-member.js'
import { type OwnedPartitions, reconcile } from './current-assignment.js'
import type { ConsumerGroupSettings } from './group-settings.js'
import {
  currentAssignmentRecord,
  groupEpochRecord,
  subscriptionMetadataTombstone,
} from './records.js'
import { subscribedTopicIds, subscriptionAfter, subscriptionTypeAfter } from './subscriptions.js'
import { targetAssignment } from './target-assignment.js'
import type { MemberTimeouts } from './timeouts.js'

/** What a member is on its way to. */
export interface Target {
  readonly epoch: number
  readonly assignment: MemberAssignment
}

interface Computed extends Target {
  readonly records: readonly CoordinatorRecord[]
}

export interface Epoch {
  readonly groupEpoch: number
  readonly subscriptionType: () => SubscriptionType
  readonly records: readonly CoordinatorRecord[]
}

/** What changes when a group's members or its topics change: the group epoch, and then the target. */
export class Rebalance {
  constructor(
    private readonly services: GroupServices,
    private readonly settings: ConsumerGroupSettings,
    private readonly timeouts: MemberTimeouts,
    private readonly assignors: ReadonlyMap<string, PartitionAssignor>,
  ) {}

  /**
   * The target assignment with the member as it is now.
   *
   * @param before the member as the group has it
   * @param hasChanged what the member subscribes to
   */
  run(
    group: ConsumerGroup,
    before: ConsumerGroupMember,
    updated: ConsumerGroupMember,
    hasChanged: boolean,
  ): Computed {
    const epoch = this.bumpEpoch(group, before, updated, hasChanged)
    const target = this.#target(group, before, updated, epoch)
    return { ...target, records: [...epoch.records, ...target.records] }
  }

  /** The member as near to its target as it can be now. */
  reconcile(
    group: ConsumerGroup,
    member: ConsumerGroupMember,
    { epoch, assignment }: Target,
    said: { readonly owned: OwnedPartitions; readonly hasSubscriptionChanged: boolean },
  ): { readonly member: ConsumerGroupMember; readonly records: readonly CoordinatorRecord[] } {
    if (!said.hasSubscriptionChanged && isReconciledTo(member, epoch)) {
      return { member, records: [] }
    }
    const { resolvedRegularExpressions, groupId } = group
    const next = reconcile(member, {
      ...said,
      targetAssignmentEpoch: epoch,
      targetAssignment: assignment,
      subscribedTopicIds: subscribedTopicIds(
        member,
        resolvedRegularExpressions,
        this.services.metadata,
      ),
      partitionEpoch: (topicId, partition) => group.partitionEpoch(topicId, partition),
    })
    if (sameMember(next, member)) return { member, records: [] }
    // Those with the classic protocol have timeouts of their own.
    if (!usesClassicProtocol(next)) this.timeouts.afterReconciliation(groupId, next)
    return { member: next, records: [currentAssignmentRecord(groupId, next)] }
  }

  /** Bumps the group epoch when the subscription, or a topic in it, has changed. */
  bumpEpoch(
    group: ConsumerGroup,
    before: ConsumerGroupMember,
    updated: ConsumerGroupMember,
    hasChanged: boolean,
  ): Epoch {
    const { groupId, groupEpoch } = group
    const nowMs = this.services.clocks.logical.now()
    if (!hasChanged && !group.hasMetadataExpired(nowMs)) {
      // Even so, the member may be new. Apache Kafka takes the type without it.
      const subscriptionType = () =>
        subscriptionTypeAfter(group, updated, subscriptionAfter(group, before, updated))
      return { groupEpoch, subscriptionType, records: [] }
    }
    const subscription = subscriptionAfter(group, before, updated)
    const { topics } = subscription
    const metadataHash = this.services.topicHashes.ofGroup(topics.keys())
    const subscriptionType = () => subscriptionTypeAfter(group, updated, subscription)
    const isBumped = hasChanged || metadataHash !== group.metadataHash
    const nextEpoch = isBumped ? groupEpoch + 1 : groupEpoch
    const records: CoordinatorRecord[] = []
    if (isBumped) records.push(groupEpochRecord(groupId, nextEpoch, metadataHash))
    group.setMetadataRefreshed(nowMs, nextEpoch)
    if (group.hasSubscriptionMetadataRecord) records.push(subscriptionMetadataTombstone(groupId))
    return { groupEpoch: nextEpoch, subscriptionType, records }
  }

  #target(
    group: ConsumerGroup,
    before: ConsumerGroupMember,
    updated: ConsumerGroupMember,
    { groupEpoch, subscriptionType }: Epoch,
  ): Computed {
    const nowMs = this.services.clocks.logical.now()
    if (group.assignmentEpoch >= groupEpoch || !this.#mayAssign(group, nowMs)) {
      return { epoch: group.assignmentEpoch, assignment: group.targetOf(updated), records: [] }
    }
    const preferred = preferredAssignorAfter(group, before, updated)
    const [first] = this.assignors.values()
    const assignor = (preferred === undefined ? undefined : this.assignors.get(preferred)) ?? first!
    try {
      const { records, ofUpdatedMember } = targetAssignment({
        group,
        groupEpoch,
        updatedMember: updated,
        subscriptionType: subscriptionType(),
        assignor,
        metadata: this.services.metadata,
        nowMs,
      })
      return { epoch: groupEpoch, assignment: ofUpdatedMember, records }
    } catch (error) {
      if (!(error instanceof PartitionAssignorError)) throw error
      const message = `Failed to compute a new target assignment for epoch ${groupEpoch}`
      this.services.logger.error({ groupId: group.groupId, err: error }, message)
      throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, `${message}: ${error.message}`)
    }
  }

  /** Not too soon after the last time, so that members that come together are assigned together. */
  #mayAssign({ groupId, assignmentTimestampMs }: ConsumerGroup, nowMs: number): boolean {
    if (assignmentTimestampMs === 0) return true
    return nowMs >= assignmentTimestampMs + this.settings.assignmentIntervalMs(groupId)
  }
}
