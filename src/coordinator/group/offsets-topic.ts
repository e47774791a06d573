import type { GroupCoordinatorConfig } from './group-config.js'
import { javaHashCode } from './java-hash.js'

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

/**
 * The partition of the topic that a group belongs to: Java's hash of its id, without the sign bit
 * (Kafka's `Utils.abs`), modulo the number of partitions.
 */
export function partitionForGroup(groupId: string, partitionCount: number): number {
  const hash = javaHashCode(groupId)
  return (hash === -(2 ** 31) ? 0 : Math.abs(hash)) % partitionCount
}
