import type { GroupCoordinatorConfig } from './group-config.js'
import {
  bucketsOfGrownConcurrentMap,
  inHashOrder,
  partitionForKey,
  topicPartitionHashCode,
} from './java-hash.js'

/** Where groups and their offsets are kept. */
export const OFFSETS_TOPIC = '__consumer_offsets'

/** What the topic is created with (`GroupCoordinatorService.groupMetadataTopicConfigs`). */
export function offsetsTopicConfigs(config: GroupCoordinatorConfig): ReadonlyMap<string, string> {
  return new Map([
    ['cleanup.policy', 'compact'],
    ['compression.type', 'producer'],
    ['segment.bytes', `${config.offsetsTopicSegmentBytes}`],
  ])
}

/** The partition of the topic that a group belongs to. */
export function partitionForGroup(groupId: string, partitionCount: number): number {
  return partitionForKey(groupId, partitionCount)
}

/** Partitions in the order in which Kafka asks all of them something: that of its `coordinators`. */
export function partitionsInOrder(partitions: readonly number[]): number[] {
  return inHashOrder(
    partitions,
    (partition) => topicPartitionHashCode(OFFSETS_TOPIC, partition),
    bucketsOfGrownConcurrentMap(partitions.length),
  )
}
