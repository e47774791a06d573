import {
  GroupMetadataKey,
  type GroupMetadataValue,
  OffsetCommitKey,
  type OffsetCommitValue,
} from '../../protocol/schema/group-records.js'
import type { CoordinatorRecord } from '../runtime/record.js'
import { ClassicGroup } from './classic/classic-group.js'
import { groupTombstones } from './consumer/records.js'
import type { Group } from './group-store.js'

/** What Kafka 4.3 writes. */
const GROUP_METADATA_VERSION = 3
const OFFSET_COMMIT_VERSION = 4
/** The only one with an expiration of its own, which OffsetCommit v2-4 may ask for. */
const OFFSET_COMMIT_VERSION_WITH_EXPIRATION = 1

export const NO_EXPIRATION = -1

function groupMetadata(groupId: string, value: GroupMetadataValue | null): CoordinatorRecord {
  return {
    type: GroupMetadataKey.key,
    key: { group: groupId },
    version: GROUP_METADATA_VERSION,
    value,
  }
}

/**
 * The group as it is now, with the assignments given.
 *
 * @param assignments by member id; who isn't in it has none
 */
export function groupRecord(
  group: ClassicGroup,
  assignments: ReadonlyMap<string, Buffer>,
): CoordinatorRecord {
  const { protocolName } = group
  return groupMetadata(group.groupId, {
    protocolType: group.protocolType ?? '',
    generation: group.generationId,
    protocol: protocolName ?? null,
    leader: group.leaderId ?? null,
    currentStateTimestamp: group.stateTimestampMs ?? -1,
    members: [...group.members()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: member.metadata(protocolName ?? ''),
      assignment: assignments.get(member.memberId) ?? Buffer.alloc(0),
    })),
  })
}

/** A group that is there, and has had no generation yet. */
export function newGroupRecord(group: ClassicGroup): CoordinatorRecord {
  return groupMetadata(group.groupId, {
    protocolType: '',
    generation: 0,
    protocol: null,
    leader: null,
    currentStateTimestamp: group.stateTimestampMs ?? -1,
    members: [],
  })
}

export function groupTombstone(groupId: string): CoordinatorRecord {
  return groupMetadata(groupId, null)
}

/** All that is kept of a group without members goes, its offsets aside. */
export function tombstonesOf(group: Group): CoordinatorRecord[] {
  return group instanceof ClassicGroup ? [groupTombstone(group.groupId)] : groupTombstones(group)
}

export function offsetCommitRecord(
  groupId: string,
  topic: string,
  partition: number,
  value: OffsetCommitValue,
): CoordinatorRecord {
  return {
    type: OffsetCommitKey.key,
    key: { group: groupId, topic, partition },
    version:
      value.expireTimestamp === NO_EXPIRATION
        ? OFFSET_COMMIT_VERSION
        : OFFSET_COMMIT_VERSION_WITH_EXPIRATION,
    value,
  }
}

export function offsetTombstone(
  groupId: string,
  topic: string,
  partition: number,
): CoordinatorRecord {
  return {
    type: OffsetCommitKey.key,
    key: { group: groupId, topic, partition },
    version: OFFSET_COMMIT_VERSION,
    value: null,
  }
}
