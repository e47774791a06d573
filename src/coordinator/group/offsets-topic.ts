import type { GroupCoordinatorConfig } from './group-config.js'
import { partitionForKey } from './java-hash.js'

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
