import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import { inTimelineOrder, javaHashCode } from '../java-hash.js'
import type { MemberAssignment } from './assignor.js'
import {
  type ConsumerGroupMember,
  type EpochAssignment,
  isReconciledTo,
  newMember,
  regexOf,
} from './consumer-group-member.js'
import { type Counts, count, countByName, countByRegex, type SubscriptionCounts } from './counts.js'

/** Kafka's `ConsumerGroupState`, as it is named to clients. */
export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

/** The topics that a regular expression was found to match (Kafka's `ResolvedRegularExpression`). */
export interface ResolvedRegularExpression {
  readonly topics: ReadonlySet<string>
  /** Of the metadata that was looked through: an offset of the metadata log. */
  readonly version: number
  /** ms since the Unix epoch. */
  readonly timestampMs: number
}

export const NO_TARGET: MemberAssignment = new Map()
/** Of a partition that is nobody's. */
export const UNASSIGNED_EPOCH = -1
const INITIAL_EPOCH = 1
/** Topics are looked at when they change; that they haven't holds for so long at most. */
const METADATA_REFRESH_INTERVAL_MS = 2 ** 31 - 1

/**
 * A consumer group of KIP-848 (Kafka's `ConsumerGroup`). All that is in it is hard state, what its
 * records add up to, but for `metadataRefreshDeadlineMs` and what belongs to it.
 */
export class ConsumerGroup {
  groupEpoch = INITIAL_EPOCH
  /** Of the topics subscribed to, when the group epoch was last bumped; see `topic-hash.ts`. */
  metadataHash = 0n
  /** Group epoch that the target assignment was computed for. */
  assignmentEpoch = INITIAL_EPOCH
  /** When it was computed, ms since the Unix epoch; 0 when that isn't known. */
  assignmentTimestampMs = 0
  /** There is a ConsumerGroupPartitionMetadata record, which Kafka wrote before 4.1. */
  hasSubscriptionMetadataRecord = false
  readonly targetAssignment = new Map<string, MemberAssignment>()
  readonly resolvedRegularExpressions = new Map<string, ResolvedRegularExpression>()
  readonly subscribedTopicNames: SubscriptionCounts = new Map()
  /** How many members subscribe with a regular expression. */
  readonly subscribedRegularExpressions: Counts = new Map()
  /** How many members ask for an assignor. */
  readonly serverAssignors: Counts = new Map()
  /** How many of the members with the classic protocol support an embedded protocol. */
  readonly classicProtocols: Counts = new Map()
  /** Members with the classic protocol. */
  classicMemberCount = 0
  readonly #members = new Map<string, ConsumerGroupMember>()
  /** For how many members Kafka's table has made room up to now; it makes some even to replace one. */
  #mostMembers = 0
  /** Member ids of static members, by their instance ids. */
  readonly #staticMembers = new Map<string, string>()
  /** By topic id and partition, the epoch of the member that has the partition. */
  readonly #partitionEpochs = new Map<string, Map<number, number>>()

  /**
   * Soft state: until then, and while the group epoch isn't less than this, the topics subscribed to
   * haven't changed. Without it they are hashed anew at the next heartbeat.
   */
  #metadataRefreshDeadlineMs = 0
  #metadataRefreshEpoch = 0

  constructor(readonly groupId: string) {}

  get state(): ConsumerGroupState {
    if (this.isEmpty) return 'Empty'
    if (this.groupEpoch > this.assignmentEpoch) return 'Assigning'
    for (const member of this.#members.values()) {
      if (!isReconciledTo(member, this.assignmentEpoch)) return 'Reconciling'
    }
    return 'Stable'
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  get size(): number {
    return this.#members.size
  }

  get members(): ReadonlyMap<string, ConsumerGroupMember> {
    return this.#members
  }

  /** As Kafka goes through them, which decides who comes first where one has to. */
  membersInOrder(): ConsumerGroupMember[] {
    const hashOf = ({ memberId }: ConsumerGroupMember) => javaHashCode(memberId)
    return inTimelineOrder(this.#members.values(), hashOf, this.#mostMembers)
  }

  get staticMembers(): ReadonlyMap<string, string> {
    return this.#staticMembers
  }

  member(memberId: string): ConsumerGroupMember | undefined {
    return this.#members.get(memberId)
  }

  /** @throws KafkaError UNKNOWN_MEMBER_ID */
  requireMember(memberId: string): ConsumerGroupMember {
    const member = this.#members.get(memberId)
    if (member !== undefined) return member
    throw new KafkaError(
      ErrorCode.UNKNOWN_MEMBER_ID,
      `Member ${memberId} is not a member of group ${this.groupId}.`,
    )
  }

  memberOrNew(memberId: string): ConsumerGroupMember {
    return this.#members.get(memberId) ?? newMember(memberId)
  }

  staticMember(instanceId: string | null): ConsumerGroupMember | undefined {
    const memberId = instanceId === null ? undefined : this.#staticMembers.get(instanceId)
    return memberId === undefined ? undefined : this.#members.get(memberId)
  }

  /** What the member is to have; a static one takes over from the one before it. */
  targetOf({ memberId, instanceId }: ConsumerGroupMember): MemberAssignment {
    const holder = instanceId === null ? memberId : this.#staticMembers.get(instanceId)
    return (holder === undefined ? undefined : this.targetAssignment.get(holder)) ?? NO_TARGET
  }

  isSubscribedTo(topic: string): boolean {
    return this.subscribedTopicNames.has(topic)
  }

  isSubscribedToAny(topics: ReadonlySet<string>): boolean {
    const { subscribedTopicNames } = this
    if (topics.size > subscribedTopicNames.size) {
      for (const topic of subscribedTopicNames.keys()) if (topics.has(topic)) return true
    } else {
      for (const topic of topics) if (subscribedTopicNames.has(topic)) return true
    }
    return false
  }

  /** Epoch of the member that has the partition, {@link UNASSIGNED_EPOCH} when none has. */
  partitionEpoch(topicId: string, partition: number): number {
    return this.#partitionEpochs.get(topicId)?.get(partition) ?? UNASSIGNED_EPOCH
  }

  /** Whether a partition that the member is to have is another's at present. */
  isWaitingOnUnreleased(member: ConsumerGroupMember): boolean {
    for (const [topicId, partitions] of this.targetAssignment.get(member.memberId) ?? NO_TARGET) {
      const assigned = member.assignedPartitions.get(topicId)
      for (const partition of partitions) {
        if (assigned?.has(partition)) continue
        if (this.partitionEpoch(topicId, partition) !== UNASSIGNED_EPOCH) return true
      }
    }
    return false
  }

  putMember(member: ConsumerGroupMember): void {
    const before = this.#members.get(member.memberId)
    if (before !== undefined) this.#uncount(before)
    this.#mostMembers = Math.max(this.#mostMembers, this.size + 1)
    this.#members.set(member.memberId, member)
    this.#count(member)
  }

  removeMember(memberId: string): void {
    const member = this.#members.get(memberId)
    if (member === undefined) return
    this.#members.delete(memberId)
    this.#uncount(member)
    const { instanceId } = member
    if (instanceId !== null && this.#staticMembers.get(instanceId) === memberId) {
      this.#staticMembers.delete(instanceId)
    }
  }

  /** @param resolved undefined: nobody subscribes with it any more */
  resolve(regex: string, resolved: ResolvedRegularExpression | undefined): void {
    const before = this.resolvedRegularExpressions.get(regex)
    if (before !== undefined) countByRegex(this.subscribedTopicNames, before.topics, -1)
    this.resolvedRegularExpressions.delete(regex)
    if (resolved === undefined) return
    this.resolvedRegularExpressions.set(regex, resolved)
    countByRegex(this.subscribedTopicNames, resolved.topics, 1)
  }

  /** The topics subscribed to are to be hashed anew: one of them has changed. */
  requestMetadataRefresh(): void {
    this.#metadataRefreshDeadlineMs = 0
    this.#metadataRefreshEpoch = 0
  }

  /** @param groupEpoch that is on its way to the log */
  setMetadataRefreshed(nowMs: number, groupEpoch: number): void {
    this.#metadataRefreshDeadlineMs = nowMs + METADATA_REFRESH_INTERVAL_MS
    this.#metadataRefreshEpoch = groupEpoch
  }

  hasMetadataExpired(nowMs: number): boolean {
    return nowMs >= this.#metadataRefreshDeadlineMs || this.groupEpoch < this.#metadataRefreshEpoch
  }

  #count(member: ConsumerGroupMember): void {
    countByName(this.subscribedTopicNames, member.subscribedTopicNames, 1)
    if (member.serverAssignorName !== null)
      count(this.serverAssignors, member.serverAssignorName, 1)
    const regex = regexOf(member)
    if (regex !== undefined) count(this.subscribedRegularExpressions, regex, 1)
    this.#countClassic(member, 1)
    this.#own(member.assignedPartitions, member.memberEpoch)
    this.#own(member.partitionsPendingRevocation, member.memberEpoch)
    if (member.instanceId !== null) this.#staticMembers.set(member.instanceId, member.memberId)
  }

  #uncount(member: ConsumerGroupMember): void {
    countByName(this.subscribedTopicNames, member.subscribedTopicNames, -1)
    if (member.serverAssignorName !== null) {
      count(this.serverAssignors, member.serverAssignorName, -1)
    }
    const regex = regexOf(member)
    if (regex !== undefined) count(this.subscribedRegularExpressions, regex, -1)
    this.#countClassic(member, -1)
    this.#release(member.assignedPartitions, member.memberEpoch)
    this.#release(member.partitionsPendingRevocation, member.memberEpoch)
  }

  #countClassic({ classicMemberMetadata }: ConsumerGroupMember, by: 1 | -1): void {
    if (classicMemberMetadata === null) return
    this.classicMemberCount += by
    for (const { name } of classicMemberMetadata.supportedProtocols) {
      count(this.classicProtocols, name, by)
    }
  }

  #own(assignment: EpochAssignment, epoch: number): void {
    for (const [topicId, partitions] of assignment) {
      let epochs = this.#partitionEpochs.get(topicId)
      if (epochs === undefined) {
        epochs = new Map()
        this.#partitionEpochs.set(topicId, epochs)
      }
      for (const partition of partitions.keys()) {
        epochs.set(partition, Math.max(epoch, epochs.get(partition) ?? epoch))
      }
    }
  }

  /** What another member has taken over meanwhile stays that one's. */
  #release(assignment: EpochAssignment, epoch: number): void {
    for (const [topicId, partitions] of assignment) {
      const epochs = this.#partitionEpochs.get(topicId)
      if (epochs === undefined) continue
      for (const partition of partitions.keys()) {
        if (epochs.get(partition) === epoch) epochs.delete(partition)
      }
      if (epochs.size === 0) this.#partitionEpochs.delete(topicId)
    }
  }
}
