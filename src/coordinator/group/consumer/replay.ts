import {
  ConsumerGroupCurrentMemberAssignmentKey,
  type ConsumerGroupCurrentMemberAssignmentValue,
  ConsumerGroupMemberMetadataKey,
  type ConsumerGroupMemberMetadataValue,
  ConsumerGroupMetadataKey,
  type ConsumerGroupMetadataValue,
  ConsumerGroupPartitionMetadataKey,
  ConsumerGroupRegularExpressionKey,
  type ConsumerGroupRegularExpressionValue,
  ConsumerGroupTargetAssignmentMemberKey,
  type ConsumerGroupTargetAssignmentMemberValue,
  ConsumerGroupTargetAssignmentMetadataKey,
  type ConsumerGroupTargetAssignmentMetadataValue,
} from '../../../protocol/schema/consumer-group-records.js'
import type { CoordinatorRecord } from '../../runtime/record.js'
import type { GroupStore } from '../group-store.js'
import { bucketsOfCopiedSet, inHashOrder } from '../java-hash.js'
import type { ConsumerGroup } from './consumer-group.js'
import {
  LEAVING_MEMBER_EPOCH,
  NO_PARTITIONS,
  withCurrentAssignment,
  withSubscription,
} from './consumer-group-member.js'

/** Somebody to be told of members that are gone from the log. */
export type MemberRemoved = (groupId: string, memberId: string) => void

type Replay = (group: ConsumerGroup, memberId: string, value: never) => void

/** What records with a value do to a group, by type; `memberId` where their keys have one. */
const VALUES: ReadonlyMap<number, Replay> = new Map<number, Replay>([
  [
    ConsumerGroupMemberMetadataKey.key,
    (group, memberId, value: ConsumerGroupMemberMetadataValue) =>
      group.putMember(withSubscription(group.memberOrNew(memberId), value)),
  ],
  [
    ConsumerGroupCurrentMemberAssignmentKey.key,
    (group, memberId, value: ConsumerGroupCurrentMemberAssignmentValue) =>
      group.putMember(withCurrentAssignment(group.memberOrNew(memberId), value)),
  ],
  [
    ConsumerGroupTargetAssignmentMemberKey.key,
    (group, memberId, { topicPartitions }: ConsumerGroupTargetAssignmentMemberValue) =>
      group.targetAssignment.set(
        memberId,
        new Map(topicPartitions.map((each) => [each.topicId, inSetOrder(each.partitions)])),
      ),
  ],
  [
    ConsumerGroupTargetAssignmentMetadataKey.key,
    (group, _, value: ConsumerGroupTargetAssignmentMetadataValue) => {
      group.assignmentEpoch = value.assignmentEpoch
      group.assignmentTimestampMs = value.assignmentTimestamp
    },
  ],
  [
    ConsumerGroupMetadataKey.key,
    (group, _, { epoch, metadataHash }: ConsumerGroupMetadataValue) => {
      group.groupEpoch = epoch
      group.metadataHash = metadataHash
    },
  ],
  [
    ConsumerGroupPartitionMetadataKey.key,
    (group) => {
      group.hasSubscriptionMetadataRecord = true
    },
  ],
])

/** Takes the records of consumer groups into their state. */
export class ConsumerGroupReplay {
  constructor(
    private readonly groups: GroupStore,
    private readonly onMemberRemoved: MemberRemoved,
  ) {}

  /** @returns whether it was a record of a consumer group */
  replay({ type, key, value }: CoordinatorRecord): boolean {
    if (type === ConsumerGroupRegularExpressionKey.key) {
      this.#replayRegularExpression(key as ConsumerGroupRegularExpressionKey, value)
      return true
    }
    const replay = VALUES.get(type)
    if (replay === undefined) return false
    const { groupId, memberId = '' } = key as { groupId: string; memberId?: string }
    if (value !== null) replay(this.groups.persistedConsumer(groupId), memberId, value as never)
    else {
      const group = this.groups.consumer.get(groupId)
      if (group !== undefined) this.#replayTombstone(type, group, memberId)
    }
    return true
  }

  #replayTombstone(type: number, group: ConsumerGroup, memberId: string): void {
    const { groupId } = group
    switch (type) {
      case ConsumerGroupMemberMetadataKey.key:
        group.removeMember(memberId)
        this.onMemberRemoved(groupId, memberId)
        return
      case ConsumerGroupCurrentMemberAssignmentKey.key: {
        const member = group.member(memberId)
        if (member === undefined) return
        group.putMember({
          ...member,
          memberEpoch: LEAVING_MEMBER_EPOCH,
          previousMemberEpoch: LEAVING_MEMBER_EPOCH,
          assignedPartitions: NO_PARTITIONS,
          partitionsPendingRevocation: NO_PARTITIONS,
        })
        return
      }
      case ConsumerGroupTargetAssignmentMemberKey.key:
        group.targetAssignment.delete(memberId)
        return
      case ConsumerGroupTargetAssignmentMetadataKey.key:
        group.assignmentEpoch = -1
        group.assignmentTimestampMs = 0
        return
      case ConsumerGroupPartitionMetadataKey.key:
        group.hasSubscriptionMetadataRecord = false
        return
      case ConsumerGroupMetadataKey.key:
        this.groups.consumer.delete(groupId)
    }
  }

  #replayRegularExpression(key: ConsumerGroupRegularExpressionKey, value: unknown): void {
    const { groupId, regularExpression } = key
    if (value === null) {
      this.groups.consumer.get(groupId)?.resolve(regularExpression, undefined)
      return
    }
    const { topics, version, timestamp } = value as ConsumerGroupRegularExpressionValue
    this.groups.persistedConsumer(groupId).resolve(regularExpression, {
      topics: new Set(topics),
      version,
      timestampMs: timestamp,
    })
  }
}

/** As a Java set of them has them, which an assignor goes through. */
function inSetOrder(partitions: readonly number[]): ReadonlySet<number> {
  return new Set(inHashOrder(partitions, (hash) => hash, bucketsOfCopiedSet(partitions.length)))
}
