/** A topic as the coordinator of groups needs it (Kafka's `CoordinatorMetadataImage.TopicMetadata`). */
export interface GroupTopic {
  readonly name: string
  /** Its uuid. */
  readonly id: string
  readonly partitionCount: number
  /** Racks of the partition's replicas, those that have none left out; not sorted, each as often as it is. */
  racksOf(partition: number): readonly string[]
}

/**
 * What the coordinator of groups needs of the cluster's metadata (Kafka's `CoordinatorMetadataImage`
 * and `GroupConfigManager`): a view that moves on by itself. That it has moved is told through
 * {@link GroupMetadataChange}.
 */
export interface GroupMetadata {
  /** Offset of the last record of the metadata log that is in it; grows with each change. */
  readonly version: number
  topicNames(): Iterable<string>
  topic(name: string): GroupTopic | undefined
  topicById(id: string): GroupTopic | undefined
  /** What was set on a group (configurations of type GROUP), as text; empty when nothing was. */
  groupConfigs(groupId: string): ReadonlyMap<string, string>
}

/** What a change of the metadata means to groups. */
export interface GroupMetadataChange {
  /**
   * Names of topics that were created or deleted, or a partition of which has changed in any way: with
   * its in-sync replicas, a broker may have come back with another rack.
   */
  readonly changedTopics: ReadonlySet<string>
  /** Regular expressions may match something new. */
  readonly hasNewTopics: boolean
}

/** Of a cluster without topics. */
export const NO_METADATA: GroupMetadata = {
  version: -1,
  topicNames: () => [],
  topic: () => undefined,
  topicById: () => undefined,
  groupConfigs: () => new Map(),
}
