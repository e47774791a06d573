import { mergePartition, NO_LEADER_CHANGE } from '../metadata/partition-record.js'
import { decodeRecord, encodeRecord, type NewRecord } from '../metadata/record.js'
import type { PartitionImage } from '../metadata/topic.js'
import { LeaderRecoveryState, NO_LEADER } from '../metadata/topic.js'

type ChangeRecord = Extract<NewRecord, { type: 'PartitionChangeRecord' }>
type Change = { -readonly [K in keyof ChangeRecord['data']]: ChangeRecord['data'][K] }

/** What is to become of a partition, and by which rules. */
export interface PartitionTarget {
  readonly topicId: string
  readonly partitionId: number
  readonly partition: PartitionImage
  readonly isr: readonly number[]
  /** Uuid of the directory of each replica, as they stand in its list of replicas. */
  readonly directories?: readonly string[]
  readonly leaderRecoveryState?: number
  /** Replicas that may have lost what they had written. */
  readonly uncleanShutdown?: readonly number[]
  readonly isAcceptableLeader: (replica: number) => boolean
  /** `unclean.leader.election.enable` of the topic. */
  readonly uncleanElection: boolean
  /** KIP-966 */
  readonly elrEnabled: boolean
  readonly minIsr: number
  /** Version of the record to write. */
  readonly version: number
}

interface Election {
  readonly leader: number
  readonly unclean: boolean
}

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((replica, index) => b[index] === replica)

/**
 * The record that changes a partition to what is wanted, with a leader elected where it needs one
 * (Kafka's `PartitionChangeBuilder`); undefined when nothing changes.
 */
export function partitionChange(target: PartitionTarget): NewRecord | undefined {
  const { partition, elrEnabled } = target
  const data: Change = { topicId: target.topicId, partitionId: target.partitionId }
  let { isr, elr } = { isr: target.isr, elr: targetElr(target) }

  const { leader, unclean } = elect(target, elr)
  if (leader !== partition.leader) {
    data.leader = leader
    if (elr.includes(leader)) {
      isr = [leader]
      elr = elr.filter((replica) => replica !== leader)
    } else if (unclean) {
      // Only the new leader is known to have what it has: others may have more, or something else.
      isr = [leader]
      data.isr = isr
      if (partition.leaderRecoveryState !== LeaderRecoveryState.RECOVERING) {
        data.leaderRecoveryState = LeaderRecoveryState.RECOVERING
      }
    }
  }
  if (data.isr || !elrEnabled) elr = []
  if (!same(elr, partition.elr)) data.eligibleLeaderReplicas = elr
  if (!data.isr && (isr.length > 0 || elrEnabled) && !same(isr, partition.isr)) data.isr = isr
  const lastKnownElr = elrEnabled ? nextLastKnownElr(partition, data) : undefined
  if (lastKnownElr) data.lastKnownElr = lastKnownElr
  const recovery = target.leaderRecoveryState
  if (recovery !== undefined && recovery !== partition.leaderRecoveryState) {
    data.leaderRecoveryState = recovery
  }
  const { directories } = target
  if (directories?.some((id, i) => id !== partition.directories[i])) data.directories = directories
  // Topic and partition are always there.
  if (Object.keys(data).length === 2) return undefined
  return { type: 'PartitionChangeRecord', version: target.version, data }
}

/** Who left the ISR in good order while it is smaller than it should be. */
function targetElr(target: PartitionTarget): readonly number[] {
  const { partition, isr, minIsr, uncleanShutdown = [] } = target
  if (!target.elrEnabled) return partition.elr
  if (isr.length >= minIsr) return []
  const candidates = [...new Set([...partition.elr, ...partition.isr])]
  return candidates
    .filter((replica) => !isr.includes(replica) && !uncleanShutdown.includes(replica))
    .sort((a, b) => a - b)
}

/** Keeps the leader if it can, else takes the first replica that has everything committed. */
function elect(target: PartitionTarget, elr: readonly number[]): Election {
  const { partition, isr, isAcceptableLeader } = target
  const isValid = (replica: number): boolean =>
    (isr.includes(replica) || (isr.length === 0 && elr.includes(replica))) &&
    isAcceptableLeader(replica)
  if (isValid(partition.leader)) return { leader: partition.leader, unclean: false }
  const clean = partition.replicas.find(isValid)
  if (clean !== undefined) return { leader: clean, unclean: false }
  const [lastKnown, ...others] = partition.lastKnownElr
  const nobodyEligible = target.elrEnabled && isr.length === 0 && elr.length === 0
  if (nobodyEligible && lastKnown !== undefined && others.length === 0) {
    if (isAcceptableLeader(lastKnown)) return { leader: lastKnown, unclean: true }
  }
  const any = target.uncleanElection ? partition.replicas.find(isAcceptableLeader) : undefined
  return any === undefined ? { leader: NO_LEADER, unclean: false } : { leader: any, unclean: true }
}

/** The last leader is remembered from when the ISR runs empty until there is a leader again. */
function nextLastKnownElr(partition: PartitionImage, data: Change): number[] | undefined {
  const { leader = NO_LEADER_CHANGE } = data
  if (data.isr && data.isr.length === 0) {
    return same(partition.lastKnownElr, [partition.leader]) ? undefined : [partition.leader]
  }
  const hasLeader = leader >= 0 || (partition.leader !== NO_LEADER && leader !== NO_LEADER)
  return hasLeader && partition.lastKnownElr.length > 0 ? [] : undefined
}

/** What a partition comes to by such a record. */
export function partitionAfter(partition: PartitionImage, record: NewRecord): PartitionImage {
  const change = decodeRecord(encodeRecord(record))
  return change.type === 'PartitionChangeRecord'
    ? mergePartition(partition, change.data)
    : partition
}
