import type { MetadataImage } from '../metadata/image.js'
import { hasOnlineDirectory } from '../metadata/online-directory.js'
import type { PartitionImage, TopicImage } from '../metadata/topic.js'
import { ErrorCode } from '../protocol/errors.js'
import type { DescribeTopicPartitionsResponse } from '../protocol/schema/describe-topic-partitions.js'
import type { MetadataResponse } from '../protocol/schema/metadata.js'
import { NOT_ASKED } from './authorized-operations.js'
import { isInternalTopic } from './internal-topic.js'

export const NO_LEADER_ID = -1

/** A broker as clients of one listener reach it. */
export interface Node {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export type TopicMetadata = MetadataResponse['topics'][number]
type PartitionMetadata = TopicMetadata['partitions'][number]

/** Where a broker listens under that name; undefined when it doesn't, or isn't registered. */
export function nodeOf(image: MetadataImage, id: number, listener: string): Node | undefined {
  const broker = image.brokers.get(id)
  const endpoint = broker?.listeners.find(({ name }) => name === listener)
  if (!broker || !endpoint) return undefined
  return { nodeId: id, host: endpoint.host, port: endpoint.port, rack: broker.rack }
}

/** The brokers that clients of a listener may go to: registered, not fenced, listening there. */
export function aliveNodes(image: MetadataImage, listener: string): Node[] {
  return [...image.brokers.values()]
    .filter((broker) => !broker.fenced)
    .flatMap((broker) => nodeOf(image, broker.id, listener) ?? [])
}

/**
 * Clients take the controller for a broker that they send admin requests to. Any broker passes those
 * on, so one is named; -1 without any (Kafka's `KRaftMetadataCache.getRandomAliveBrokerId`).
 */
export function controllerIdFor(image: MetadataImage): number {
  for (const broker of image.brokers.values()) if (!broker.fenced) return broker.id
  return -1
}

/** Replicas that can't be read at present: fenced, not on this listener, or on a failed disk. */
export function offlineReplicas(
  image: MetadataImage,
  partition: PartitionImage,
  listener: string,
): number[] {
  return partition.replicas.filter((id, index) => {
    const broker = image.brokers.get(id)
    if (!broker || broker.fenced || !nodeOf(image, id, listener)) return true
    return !hasOnlineDirectory(broker, partition.directories[index])
  })
}

/** What a request's version asks for where brokers or their listeners are missing. */
export interface Availability {
  /** v0: replicas that aren't there are left out, and that is an error. */
  readonly errorUnavailableEndpoints: boolean
  /** v6+: LISTENER_NOT_FOUND tells a missing listener from a missing leader. */
  readonly errorUnavailableListeners: boolean
}

function partitionMetadata(
  image: MetadataImage,
  partitionIndex: number,
  partition: PartitionImage,
  listener: string,
  availability: Availability,
): PartitionMetadata {
  const { errorUnavailableEndpoints, errorUnavailableListeners } = availability
  const known = (ids: readonly number[]): number[] =>
    errorUnavailableEndpoints
      ? ids.filter((id) => !image.brokers.get(id)?.fenced && nodeOf(image, id, listener))
      : [...ids]
  const replicaNodes = known(partition.replicas)
  const isrNodes = known(partition.isr)
  const leader = nodeOf(image, partition.leader, listener)
  let errorCode: ErrorCode = ErrorCode.NONE
  if (!leader) {
    const listenerMissing = image.brokers.has(partition.leader) && errorUnavailableListeners
    errorCode = listenerMissing ? ErrorCode.LISTENER_NOT_FOUND : ErrorCode.LEADER_NOT_AVAILABLE
  } else if (
    replicaNodes.length < partition.replicas.length ||
    isrNodes.length < partition.isr.length
  ) {
    errorCode = ErrorCode.REPLICA_NOT_AVAILABLE
  }
  return {
    errorCode,
    partitionIndex,
    leaderId: leader?.nodeId ?? NO_LEADER_ID,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes,
    isrNodes,
    offlineReplicas: offlineReplicas(image, partition, listener),
  }
}

/** A topic as Metadata answers it (Kafka's `KRaftMetadataCache.getTopicMetadata`). */
export function topicMetadata(
  image: MetadataImage,
  topic: TopicImage,
  listener: string,
  availability: Availability,
): TopicMetadata {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: [...topic.partitions].map(([index, partition]) =>
      partitionMetadata(image, index, partition, listener, availability),
    ),
    topicAuthorizedOperations: NOT_ASKED,
  }
}

/** A partition as DescribeTopicPartitions answers it (KIP-966); it must be there. */
export function describedPartition(
  image: MetadataImage,
  topic: TopicImage,
  partitionIndex: number,
  listener: string,
): DescribeTopicPartitionsResponse['topics'][number]['partitions'][number] {
  const partition = topic.partitions.get(partitionIndex)!
  return {
    errorCode: ErrorCode.NONE,
    partitionIndex,
    leaderId: nodeOf(image, partition.leader, listener)?.nodeId ?? NO_LEADER_ID,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: [...partition.replicas],
    isrNodes: [...partition.isr],
    eligibleLeaderReplicas: [...partition.elr],
    lastKnownElr: [...partition.lastKnownElr],
    offlineReplicas: offlineReplicas(image, partition, listener),
  }
}
