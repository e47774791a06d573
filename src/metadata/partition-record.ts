import { ZERO_UUID } from '../protocol/codec/index.js'
import type { NewRecord, RecordData } from './record.js'
import type { RecordVersions } from './record-versions.js'
import type { PartitionImage } from './topic.js'

/** The `leader` of a PartitionChangeRecord that leaves it as it is. */
export const NO_LEADER_CHANGE = -2
const NO_RECOVERY_CHANGE = -1

/** Directory ids that stand for none in particular (`org.apache.kafka.common.DirectoryId`). */
export const DirectoryId = {
  /** From before directories had ids. */
  MIGRATING: ZERO_UUID,
  /** Not yet known which. */
  UNASSIGNED: 'AAAAAAAAAAAAAAAAAAAAAQ',
  /** One that is offline. */
  LOST: 'AAAAAAAAAAAAAAAAAAAAAg',
} as const

/** What a PartitionRecord makes (Kafka's `PartitionRegistration`). */
export function partitionOf(record: RecordData<'PartitionRecord'>): PartitionImage {
  const { directories } = record
  return {
    replicas: record.replicas,
    directories:
      directories.length > 0 ? directories : record.replicas.map(() => DirectoryId.MIGRATING),
    isr: record.isr,
    removingReplicas: record.removingReplicas,
    addingReplicas: record.addingReplicas,
    elr: record.eligibleLeaderReplicas ?? [],
    lastKnownElr: record.lastKnownElr ?? [],
    leader: record.leader,
    leaderRecoveryState: record.leaderRecoveryState,
    leaderEpoch: record.leaderEpoch,
    partitionEpoch: record.partitionEpoch,
  }
}

/** A partition after a change; naming a leader, even the same one, begins a new leader epoch. */
export function mergePartition(
  partition: PartitionImage,
  change: RecordData<'PartitionChangeRecord'>,
): PartitionImage {
  const leaderChange = change.leader !== NO_LEADER_CHANGE
  return {
    replicas: change.replicas ?? partition.replicas,
    directories: change.directories ?? partition.directories,
    isr: change.isr ?? partition.isr,
    removingReplicas: change.removingReplicas ?? partition.removingReplicas,
    addingReplicas: change.addingReplicas ?? partition.addingReplicas,
    elr: change.eligibleLeaderReplicas ?? partition.elr,
    lastKnownElr: change.lastKnownElr ?? partition.lastKnownElr,
    leader: leaderChange ? change.leader : partition.leader,
    leaderRecoveryState:
      change.leaderRecoveryState === NO_RECOVERY_CHANGE
        ? partition.leaderRecoveryState
        : change.leaderRecoveryState,
    leaderEpoch: leaderChange ? partition.leaderEpoch + 1 : partition.leaderEpoch,
    partitionEpoch: partition.partitionEpoch + 1,
  }
}

/** The record that makes a partition as it is; empty ELRs are left out, as Kafka does. */
export function partitionRecord(
  topicId: string,
  partitionId: number,
  partition: PartitionImage,
  versions: RecordVersions,
): NewRecord {
  const version = versions.partition
  const { elr, lastKnownElr } = partition
  return {
    type: 'PartitionRecord',
    version,
    data: {
      topicId,
      partitionId,
      replicas: partition.replicas,
      isr: partition.isr,
      removingReplicas: partition.removingReplicas,
      addingReplicas: partition.addingReplicas,
      leader: partition.leader,
      leaderRecoveryState: partition.leaderRecoveryState,
      leaderEpoch: partition.leaderEpoch,
      partitionEpoch: partition.partitionEpoch,
      directories: version >= 1 ? partition.directories : [],
      eligibleLeaderReplicas: version >= 2 && elr.length > 0 ? elr : null,
      lastKnownElr: version >= 2 && lastKnownElr.length > 0 ? lastKnownElr : null,
    },
  }
}
