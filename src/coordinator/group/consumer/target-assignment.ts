import type { CoordinatorRecord } from '../../runtime/record.js'
import type { GroupMetadata } from '../group-metadata.js'
import { bucketsOfGrownMap, inHashOrder, javaHashCode } from '../java-hash.js'
import type {
  GroupSpec,
  MemberAssignment,
  MemberSubscription,
  PartitionAssignor,
  SubscribedTopicDescriber,
  SubscriptionType,
} from './assignor.js'
import { type ConsumerGroup, NO_TARGET } from './consumer-group.js'
import { type ConsumerGroupMember, sameSet } from './consumer-group-member.js'
import { targetAssignmentMetadataRecord, targetAssignmentRecord } from './records.js'
import { subscribedTopicIds } from './subscriptions.js'

export interface TargetAssignmentOptions {
  readonly group: ConsumerGroup
  /** The group epoch that it is for. */
  readonly groupEpoch: number
  /** A member as it will be, which may be new. */
  readonly updatedMember: ConsumerGroupMember
  readonly subscriptionType: SubscriptionType
  readonly assignor: PartitionAssignor
  readonly metadata: GroupMetadata
  readonly nowMs: number
}

export interface TargetAssignment {
  readonly records: readonly CoordinatorRecord[]
  readonly ofUpdatedMember: MemberAssignment
}

/**
 * Computes what each member is to have from now on (Kafka's `TargetAssignmentBuilder`); the records say
 * what has changed.
 *
 * @throws PartitionAssignorError
 */
export function targetAssignment(options: TargetAssignmentOptions): TargetAssignment {
  const { group, groupEpoch, updatedMember, assignor, metadata, nowMs } = options
  const { groupId } = group
  const spec = new Spec(options)
  const assigned = assignor.assign(spec, new Describer(metadata))
  const records: CoordinatorRecord[] = []
  for (const memberId of spec.memberIds) {
    const target = assigned.get(memberId) ?? NO_TARGET
    const former = group.targetAssignment.get(memberId)
    if (former !== undefined && sameTarget(target, former)) continue
    records.push(targetAssignmentRecord(groupId, memberId, target))
  }
  records.push(targetAssignmentMetadataRecord(groupId, groupEpoch, nowMs))
  return { records, ofUpdatedMember: assigned.get(updatedMember.memberId) ?? NO_TARGET }
}

/** The group as the assignor sees it, with the updated member in it. */
class Spec implements GroupSpec {
  readonly memberIds: readonly string[]
  readonly subscriptionType: SubscriptionType
  readonly #subscriptions = new Map<string, MemberSubscription>()
  readonly #assigned = new Map<string, Set<number>>()
  /** A static member that the updated one takes the place of. */
  readonly #replaced: string | undefined

  constructor(private readonly options: TargetAssignmentOptions) {
    const { group, updatedMember, subscriptionType } = options
    this.subscriptionType = subscriptionType
    const { memberId, instanceId } = updatedMember
    const former = instanceId === null ? undefined : group.staticMembers.get(instanceId)
    this.#replaced = former === memberId ? undefined : former
    const members = new Map([...group.members, [memberId, updatedMember]])
    if (this.#replaced !== undefined) members.delete(this.#replaced)
    const known = group.membersInOrder().map((member) => member.memberId)
    const ids = new Set([...known, memberId].filter((each) => members.has(each)))
    this.memberIds = inHashOrder(ids, javaHashCode, bucketsOfGrownMap(ids.size))
    for (const each of members.values())
      this.#subscriptions.set(each.memberId, this.#subscription(each))
    for (const target of group.targetAssignment.values()) {
      for (const [topicId, partitions] of target) {
        const of = this.#assigned.get(topicId) ?? new Set()
        this.#assigned.set(topicId, of)
        for (const partition of partitions) of.add(partition)
      }
    }
  }

  isPartitionAssigned(topicId: string, partition: number): boolean {
    return this.#assigned.get(topicId)?.has(partition) ?? false
  }

  memberSubscription(memberId: string): MemberSubscription {
    return this.#subscriptions.get(memberId)!
  }

  memberAssignment(memberId: string): MemberAssignment {
    const { group, updatedMember } = this.options
    const holder = memberId === updatedMember.memberId ? (this.#replaced ?? memberId) : memberId
    return group.targetAssignment.get(holder) ?? NO_TARGET
  }

  #subscription(member: ConsumerGroupMember): MemberSubscription {
    const { group, metadata } = this.options
    const { rackId, instanceId } = member
    return {
      rackId,
      instanceId,
      subscribedTopicIds: subscribedTopicIds(member, group.resolvedRegularExpressions, metadata),
    }
  }
}

class Describer implements SubscribedTopicDescriber {
  constructor(private readonly metadata: GroupMetadata) {}

  numPartitions(topicId: string): number {
    return this.metadata.topicById(topicId)?.partitionCount ?? -1
  }

  racksForPartition(topicId: string, partition: number): ReadonlySet<string> {
    return new Set(this.metadata.topicById(topicId)?.racksOf(partition))
  }
}

function sameTarget(a: MemberAssignment, b: MemberAssignment): boolean {
  if (a.size !== b.size) return false
  return [...a].every(([topicId, partitions]) => {
    const others = b.get(topicId)
    return others !== undefined && sameSet(partitions, others)
  })
}
