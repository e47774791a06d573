/** What a member asks for (Kafka's `MemberSubscription`). */
export interface MemberSubscription {
  readonly rackId: string | null
  readonly instanceId: string | null
  /** Only of topics that exist. Regular expressions are resolved. */
  readonly subscribedTopicIds: ReadonlySet<string>
}

/** Partitions by topic id. It is never changed once it is handed out. */
export type MemberAssignment = ReadonlyMap<string, ReadonlySet<number>>

/** What each member is to have, by member id (Kafka's `GroupAssignment`). */
export type GroupAssignment = ReadonlyMap<string, MemberAssignment>

/** Whether all members subscribe to the same topics. */
export type SubscriptionType = 'homogeneous' | 'heterogeneous'

/** A group as an assignor sees it (Kafka's `GroupSpec`). */
export interface GroupSpec {
  /** In the order in which Kafka goes through them, which decides who gets what. */
  readonly memberIds: readonly string[]
  readonly subscriptionType: SubscriptionType
  /** Whether the target assignment up to now gives the partition to anybody. */
  isPartitionAssigned(topicId: string, partition: number): boolean
  memberSubscription(memberId: string): MemberSubscription
  /** The target assignment up to now: empty for a new member. */
  memberAssignment(memberId: string): MemberAssignment
}

/** The topics that the group subscribes to (Kafka's `SubscribedTopicDescriber`). */
export interface SubscribedTopicDescriber {
  /** -1 if the topic doesn't exist. */
  numPartitions(topicId: string): number
  /** Racks of the brokers that have a replica. */
  racksForPartition(topicId: string, partition: number): ReadonlySet<string>
}

/** Computes who gets which partitions (Kafka's `ConsumerGroupPartitionAssignor`). */
export interface PartitionAssignor {
  /** By which members choose it. */
  readonly name: string
  /** @throws PartitionAssignorError */
  assign(group: GroupSpec, topics: SubscribedTopicDescriber): GroupAssignment
}

/** The group cannot be assigned (Kafka's `PartitionAssignorException`). */
export class PartitionAssignorError extends Error {
  override name = 'PartitionAssignorError'
}
