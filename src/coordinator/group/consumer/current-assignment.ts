import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import type { ConsumerGroupHeartbeatRequest } from '../../../protocol/schema/consumer-group-heartbeat.js'
import type { MemberAssignment } from './assignor.js'
import { UNASSIGNED_EPOCH } from './consumer-group.js'
import {
  type ConsumerGroupMember,
  type EpochAssignment,
  MemberState,
  NO_PARTITIONS,
} from './consumer-group-member.js'

/** The partitions that a member says it has; null when it says nothing of them. */
export type OwnedPartitions = ConsumerGroupHeartbeatRequest['topicPartitions']

export interface Reconciliation {
  readonly targetAssignmentEpoch: number
  readonly targetAssignment: MemberAssignment
  /** Ids of the topics that the member subscribes to at present. */
  readonly subscribedTopicIds: ReadonlySet<string>
  /** They have just changed. */
  readonly hasSubscriptionChanged: boolean
  /** Epoch of the member that has a partition; -1 when it is nobody's. */
  readonly partitionEpoch: (topicId: string, partition: number) => number
  readonly owned: OwnedPartitions
}

type Epochs = Map<string, Map<number, number>>

/**
 * Takes a member as far towards its target assignment as it can go now (Kafka's
 * `CurrentAssignmentBuilder`): first it gives up what it isn't to have any more, and only then does it
 * come to the target's epoch and get what is free of the rest.
 *
 * @returns the member itself when it stays where it is
 * @throws KafkaError FENCED_MEMBER_EPOCH
 */
export function reconcile(member: ConsumerGroupMember, with_: Reconciliation): ConsumerGroupMember {
  switch (member.state) {
    case MemberState.STABLE:
      if (member.memberEpoch !== with_.targetAssignmentEpoch) return nextAssignment(member, with_)
      return with_.hasSubscriptionChanged ? withoutUnsubscribed(member, with_) : member
    case MemberState.UNREVOKED_PARTITIONS:
      if (!ownsAny(with_.owned, member.partitionsPendingRevocation)) {
        return nextAssignment(member, with_)
      }
      return with_.hasSubscriptionChanged ? withoutUnsubscribed(member, with_) : member
    case MemberState.UNRELEASED_PARTITIONS:
      return nextAssignment(member, with_)
    case MemberState.UNKNOWN:
      // Only a later version knows how to go on from there, so it begins anew, with nothing.
      if (with_.owned?.length !== 0) {
        throw new KafkaError(
          ErrorCode.FENCED_MEMBER_EPOCH,
          'The consumer group member is in a unknown state. ' +
            'The member must abandon all its partitions and rejoin.',
        )
      }
      return nextAssignment({ ...member, memberEpoch: with_.targetAssignmentEpoch }, with_, member)
  }
}

/** A member that says nothing of its partitions may still have them. */
function ownsAny(owned: OwnedPartitions, assignment: EpochAssignment): boolean {
  if (owned === null) return true
  return owned.some(({ topicId, partitions }) => {
    const of = assignment.get(topicId)
    return of !== undefined && partitions.some((partition) => of.has(partition))
  })
}

/** Before there is another target assignment, the member gives up what it has unsubscribed from. */
function withoutUnsubscribed(
  member: ConsumerGroupMember,
  { subscribedTopicIds, owned }: Reconciliation,
): ConsumerGroupMember {
  const assigned = new Map(member.assignedPartitions)
  const pendingRevocation = new Map(member.partitionsPendingRevocation)
  for (const [topicId, partitions] of member.assignedPartitions) {
    if (subscribedTopicIds.has(topicId)) continue
    assigned.delete(topicId)
    pendingRevocation.set(
      topicId,
      new Map([...(pendingRevocation.get(topicId) ?? []), ...partitions]),
    )
  }
  if (assigned.size === member.assignedPartitions.size) return member
  const { memberEpoch } = member
  const moved = { ...member, previousMemberEpoch: memberEpoch, assignedPartitions: assigned }
  if (!ownsAny(owned, pendingRevocation)) return moved
  return {
    ...moved,
    state: MemberState.UNREVOKED_PARTITIONS,
    partitionsPendingRevocation: pendingRevocation,
  }
}

/** @param from the member whose epoch becomes the previous one */
function nextAssignment(
  member: ConsumerGroupMember,
  with_: Reconciliation,
  from = member,
): ConsumerGroupMember {
  const { targetAssignmentEpoch, owned } = with_
  const { assigned, toRevoke, toAssign, hasUnreleased } = differences(member, with_)
  if (toRevoke.size > 0 && ownsAny(owned, toRevoke)) {
    return {
      ...member,
      previousMemberEpoch: from.memberEpoch,
      state: MemberState.UNREVOKED_PARTITIONS,
      assignedPartitions: assigned,
      partitionsPendingRevocation: toRevoke,
    }
  }
  for (const [topicId, partitions] of toAssign) {
    const epochs = assigned.get(topicId) ?? new Map<number, number>()
    for (const partition of partitions) epochs.set(partition, targetAssignmentEpoch)
    assigned.set(topicId, inOrder(epochs))
  }
  return {
    ...member,
    memberEpoch: targetAssignmentEpoch,
    previousMemberEpoch: from.memberEpoch,
    state: hasUnreleased ? MemberState.UNRELEASED_PARTITIONS : MemberState.STABLE,
    assignedPartitions: assigned,
    partitionsPendingRevocation: NO_PARTITIONS,
  }
}

/** What stays, what goes, and what comes and is free. */
function differences(member: ConsumerGroupMember, with_: Reconciliation) {
  const { targetAssignment, subscribedTopicIds, partitionEpoch } = with_
  const assigned: Epochs = new Map()
  const toRevoke: Epochs = new Map()
  const toAssign = new Map<string, number[]>()
  let hasUnreleased = false
  const topicIds = new Set([...targetAssignment.keys(), ...member.assignedPartitions.keys()])
  for (const topicId of topicIds) {
    // The target may be older than what the member subscribes to.
    const isSubscribed = subscribedTopicIds.has(topicId)
    const target = isSubscribed ? (targetAssignment.get(topicId) ?? NOTHING) : NOTHING
    const current = member.assignedPartitions.get(topicId)
    for (const [partition, epoch] of current ?? []) {
      put(target.has(partition) ? assigned : toRevoke, topicId, partition, epoch)
    }
    for (const partition of target) {
      if (current?.has(partition)) continue
      const isOwn = member.partitionsPendingRevocation.get(topicId)?.has(partition) ?? false
      if (!isOwn && partitionEpoch(topicId, partition) !== UNASSIGNED_EPOCH) hasUnreleased = true
      else toAssign.set(topicId, [...(toAssign.get(topicId) ?? []), partition])
    }
  }
  return { assigned, toRevoke, toAssign, hasUnreleased }
}

const NOTHING: ReadonlySet<number> = new Set()

function put(assignment: Epochs, topicId: string, partition: number, epoch: number): void {
  const epochs = assignment.get(topicId)
  if (epochs === undefined) assignment.set(topicId, new Map([[partition, epoch]]))
  else epochs.set(partition, epoch)
}

function inOrder(epochs: ReadonlyMap<number, number>): Map<number, number> {
  return new Map([...epochs].sort(([a], [b]) => a - b))
}
