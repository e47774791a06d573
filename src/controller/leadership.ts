import { ConfigResourceType } from '../metadata/config/resource.js'
import { isElrEnabled } from '../metadata/features.js'
import type { MetadataImage } from '../metadata/image.js'
import { hasOnlineDirectory } from '../metadata/online-directory.js'
import type { NewRecord } from '../metadata/record.js'
import { recordVersions } from '../metadata/record-versions.js'
import { NO_LEADER, type PartitionImage, type TopicImage } from '../metadata/topic.js'
import type { DecisionContext } from './decision.js'
import { effectiveTopicConfig } from './effective-config.js'
import { type PartitionTarget, partitionChange } from './partition-change.js'

/** What happens to a broker, so that partitions need other leaders or in-sync replicas. */
export interface BrokerEvent {
  /** The broker is going: it may lead nothing and leaves every ISR. */
  readonly leaving?: number
  /** The broker may lead again, though it is still fenced in the image. */
  readonly joining?: number
  /** The broker may have lost what it had written, and leaves the ELR too (KIP-966). */
  readonly lost?: number
}

/** Registered, not fenced and not on its way out. */
export function isActive(image: MetadataImage, id: number): boolean {
  const broker = image.brokers.get(id)
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
}

/**
 * Whether a replica may lead: its broker serves, and its directory hasn't failed (Kafka's
 * `LeaderAcceptor`).
 *
 * @param joining may lead though it is still fenced in the image
 */
export function acceptableLeader(
  image: MetadataImage,
  { replicas, directories }: Pick<PartitionImage, 'replicas' | 'directories'>,
  joining?: number,
): (replica: number) => boolean {
  return (replica) => {
    const broker = image.brokers.get(replica)
    if (broker === undefined || (replica !== joining && !isActive(image, replica))) return false
    return hasOnlineDirectory(broker, directories[replicas.indexOf(replica)])
  }
}

/** The rules by which a topic's partitions choose their leaders. */
export function leadershipRules(
  { image, config }: DecisionContext,
  topic: TopicImage,
): Pick<PartitionTarget, 'uncleanElection' | 'elrEnabled' | 'minIsr' | 'version'> {
  const overrides = image.configs(ConfigResourceType.TOPIC, topic.name)
  const setting = (name: 'min.insync.replicas' | 'unclean.leader.election.enable') =>
    effectiveTopicConfig(name, overrides, image, config).value
  const replicas = topic.partitions.get(0)?.replicas.length ?? 1
  return {
    uncleanElection: setting('unclean.leader.election.enable')?.trim().toLowerCase() === 'true',
    elrEnabled: isElrEnabled(image.features),
    minIsr: Math.min(Number(setting('min.insync.replicas')), replicas),
    version: recordVersions(image.features).partition,
  }
}

/**
 * The changes of partitions that follow from what happens to a broker (Kafka's
 * `ReplicationControlManager.generateLeaderAndIsrUpdates`).
 *
 * @param concerns the partitions to look at
 */
export function leadershipChanges(
  context: DecisionContext,
  event: BrokerEvent,
  concerns: (partition: PartitionImage) => boolean,
): NewRecord[] {
  const { image } = context
  const { leaving, joining, lost } = event
  const gone = (replica: number): boolean => replica === leaving || replica === lost
  const records: NewRecord[] = []
  for (const topic of image.topicsById.values()) {
    const concerned = [...topic.partitions].filter(([, partition]) => concerns(partition))
    if (concerned.length === 0) continue
    const rules = leadershipRules(context, topic)
    for (const [partitionId, partition] of concerned) {
      const isAcceptable = acceptableLeader(image, partition, joining)
      const record = partitionChange({
        topicId: topic.id,
        partitionId,
        partition,
        isr: partition.isr.filter((replica) => !gone(replica)),
        ...(lost === undefined ? {} : { uncleanShutdown: [lost] }),
        isAcceptableLeader: (replica) => !gone(replica) && isAcceptable(replica),
        ...rules,
      })
      if (record) records.push(record)
    }
  }
  return records
}

export const hasInIsr =
  (id: number) =>
  (partition: PartitionImage): boolean =>
    partition.isr.includes(id)

export const hasInElr =
  (id: number) =>
  (partition: PartitionImage): boolean =>
    partition.elr.includes(id)

export const isLeaderless = (partition: PartitionImage): boolean => partition.leader === NO_LEADER

/** Whether a broker leads any partition. */
export function leadsAny(image: MetadataImage, id: number): boolean {
  for (const topic of image.topicsById.values()) {
    for (const partition of topic.partitions.values()) if (partition.leader === id) return true
  }
  return false
}
