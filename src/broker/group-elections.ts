import type { GroupCoordinator } from '../coordinator/group/group-coordinator.js'
import { OFFSETS_TOPIC } from '../coordinator/group/offsets-topic.js'
import type { Logger } from '../env/logger.js'
import type { MetadataDelta, PartitionChange } from '../metadata/delta.js'
import type { MetadataImage } from '../metadata/image.js'
import type { MetadataPublisher } from '../metadata/loader.js'
import type { AddPartitionsToTxnManager } from './add-partitions-to-txn-manager.js'
import { PartitionCoordinatorLog } from './partition-coordinator-log.js'
import type { ReplicaManager } from './replica-manager.js'

export interface GroupElectionsOptions {
  readonly nodeId: number
  readonly replicas: ReplicaManager
  readonly groups: GroupCoordinator
  readonly partitionsToTxn: AddPartitionsToTxnManager
  readonly logger: Logger
}

/**
 * Tells the group coordinator which partitions of `__consumer_offsets` it has, as the metadata log
 * has it (Kafka's `BrokerMetadataPublisher`). To be installed after the replica manager.
 */
export class GroupElections implements MetadataPublisher {
  constructor(private readonly options: GroupElectionsOptions) {}

  onMetadataUpdate(delta: MetadataDelta, image: MetadataImage): void {
    const topic = image.topicsByName.get(OFFSETS_TOPIC)
    if (topic !== undefined) this.options.groups.partitionCount = topic.partitions.size
    for (const change of delta.partitions) {
      if (change.topicName === OFFSETS_TOPIC) this.#changed(change)
    }
    if (delta.deletedTopics.length > 0) this.#topicsDeleted(delta)
  }

  #changed({ partition, before, after }: PartitionChange): void {
    const { nodeId, groups, replicas, partitionsToTxn, logger } = this.options
    if (after?.leader !== nodeId) {
      if (before?.leader === nodeId) groups.onResignation(partition)
      return
    }
    if (before?.leader === nodeId && before.leaderEpoch === after.leaderEpoch) return
    try {
      const opened = replicas.partition(OFFSETS_TOPIC, partition)
      const log = new PartitionCoordinatorLog(opened, partitionsToTxn)
      groups.onElection(partition, after.leaderEpoch, log)
    } catch (error) {
      logger.error({ err: error, partition }, 'cannot coordinate the groups of a partition')
    }
  }

  #topicsDeleted({ deletedTopics }: MetadataDelta): void {
    const { groups, logger } = this.options
    groups
      .onTopicsDeleted(deletedTopics.map(({ name }) => name))
      .catch((error: unknown) =>
        logger.error({ err: error }, 'cannot delete the offsets of deleted topics'),
      )
  }
}
