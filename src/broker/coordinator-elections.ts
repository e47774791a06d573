import type { CoordinatorLog } from '../coordinator/runtime/coordinator-log.js'
import type { Logger } from '../env/logger.js'
import type { MetadataDelta, PartitionChange } from '../metadata/delta.js'
import type { MetadataImage } from '../metadata/image.js'
import type { MetadataPublisher } from '../metadata/loader.js'
import type { AddPartitionsToTxnManager } from './add-partitions-to-txn-manager.js'
import { PartitionCoordinatorLog } from './partition-coordinator-log.js'
import type { ReplicaManager } from './replica-manager.js'

/** A coordinator whose state is in the partitions of one topic. */
export interface ElectedCoordinator {
  /** Of its topic, by which keys are spread over partitions. */
  partitionCount: number
  onElection(partition: number, leaderEpoch: number, log: CoordinatorLog): void
  onResignation(partition: number): void
}

export interface CoordinatorElectionsOptions {
  readonly nodeId: number
  readonly topic: string
  readonly coordinator: ElectedCoordinator
  readonly replicas: ReplicaManager
  readonly partitionsToTxn: AddPartitionsToTxnManager
  readonly logger: Logger
}

/**
 * Tells a coordinator which partitions of its topic it has, as the metadata log has it (Kafka's
 * `BrokerMetadataPublisher`). To be installed after the replica manager.
 */
export class CoordinatorElections implements MetadataPublisher {
  /** The topic whose partitions have been counted. */
  #countedTopicId: string | undefined

  constructor(private readonly options: CoordinatorElectionsOptions) {}

  onMetadataUpdate(delta: MetadataDelta, image: MetadataImage): void {
    const { topic, coordinator } = this.options
    const known = image.topicsByName.get(topic)
    // Partitions that are added count from the next start on: until then every key stays where it is.
    if (known !== undefined && known.id !== this.#countedTopicId) {
      this.#countedTopicId = known.id
      coordinator.partitionCount = known.partitions.size
    }
    for (const change of delta.partitions) {
      if (change.topicName === topic) this.#changed(change)
    }
  }

  #changed({ partition, before, after }: PartitionChange): void {
    const { nodeId, topic, coordinator, replicas, partitionsToTxn, logger } = this.options
    if (after?.leader !== nodeId) {
      if (before?.leader === nodeId) coordinator.onResignation(partition)
      return
    }
    if (before?.leader === nodeId && before.leaderEpoch === after.leaderEpoch) return
    try {
      const opened = replicas.partition(topic, partition)
      const log = new PartitionCoordinatorLog(opened, partitionsToTxn)
      coordinator.onElection(partition, after.leaderEpoch, log)
    } catch (error) {
      logger.error({ err: error, topic, partition }, 'a partition cannot be coordinated')
    }
  }
}
