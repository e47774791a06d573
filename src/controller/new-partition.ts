import type { MetadataImage } from '../metadata/image.js'
import { DirectoryId } from '../metadata/partition-record.js'
import { LeaderRecoveryState, type PartitionImage } from '../metadata/topic.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import { isActive } from './leadership.js'

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message)
}

/**
 * Whether a partition may have these replicas, as somebody chose them.
 *
 * @param replicationFactor that of the topic's other partitions, undefined for the first
 * @throws KafkaError INVALID_REPLICA_ASSIGNMENT when it may not
 */
export function requireAssignable(
  image: MetadataImage,
  partition: number,
  replicas: readonly number[],
  replicationFactor: number | undefined,
): void {
  if (replicas.length === 0) {
    throw invalid('The manual partition assignment includes an empty replica list.')
  }
  let previous: number | undefined
  for (const id of [...replicas].sort((a, b) => a - b)) {
    if (!image.brokers.has(id)) {
      throw invalid(
        `The manual partition assignment includes broker ${id}, but no such broker is registered.`,
      )
    }
    if (id === previous) {
      throw invalid(`The manual partition assignment includes the broker ${id} more than once.`)
    }
    previous = id
  }
  if (replicationFactor !== undefined && replicas.length !== replicationFactor) {
    throw invalid(
      `The manual partition assignment includes a partition with ${replicas.length} replica(s), ` +
        `but this is not consistent with previous partitions, which have ${replicationFactor} replica(s).`,
    )
  }
  if (!replicas.some((id) => isActive(image, id))) {
    throw invalid(
      'All brokers specified in the manual partition assignment for partition ' +
        `${partition} are fenced or in controlled shutdown.`,
    )
  }
}

/** The directory a new replica goes to: the broker's only one, or as the broker chooses (KIP-858). */
function directoryOf(image: MetadataImage, id: number): string {
  const [only, ...others] = image.brokers.get(id)?.directories ?? []
  if (only === undefined) return DirectoryId.MIGRATING
  return others.length === 0 ? only : DirectoryId.UNASSIGNED
}

/** A partition as it begins: led by the first of its replicas that can. */
export function newPartition(image: MetadataImage, replicas: readonly number[]): PartitionImage {
  const isr = replicas.filter((id) => isActive(image, id))
  const [leader] = isr
  if (leader === undefined) {
    throw new KafkaError(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `Unable to replicate the partition ${replicas.length} time(s): ` +
        'All brokers are currently fenced or in controlled shutdown.',
    )
  }
  return {
    replicas,
    directories: replicas.map((id) => directoryOf(image, id)),
    isr,
    removingReplicas: [],
    addingReplicas: [],
    elr: [],
    lastKnownElr: [],
    leader,
    leaderRecoveryState: LeaderRecoveryState.RECOVERED,
    leaderEpoch: 0,
    partitionEpoch: 0,
  }
}
