import type { GroupCoordinator } from '../coordinator/group/group-coordinator.js'
import { OFFSETS_TOPIC } from '../coordinator/group/offsets-topic.js'
import type { Logger } from '../env/logger.js'
import type { MetadataDelta } from '../metadata/delta.js'
import type { MetadataImage } from '../metadata/image.js'
import type { MetadataPublisher } from '../metadata/loader.js'
import type { AddPartitionsToTxnManager } from './add-partitions-to-txn-manager.js'
import { CoordinatorElections } from './coordinator-elections.js'
import type { ReplicaManager } from './replica-manager.js'

export interface GroupElectionsOptions {
  readonly nodeId: number
  readonly replicas: ReplicaManager
  readonly groups: GroupCoordinator
  readonly partitionsToTxn: AddPartitionsToTxnManager
  readonly logger: Logger
}

/**
 * Tells the group coordinator which partitions of `__consumer_offsets` it has, and which topics have
 * changed or are gone. To be installed after the replica manager.
 */
export class GroupElections implements MetadataPublisher {
  readonly #elections: CoordinatorElections

  constructor(private readonly options: GroupElectionsOptions) {
    const { groups } = options
    this.#elections = new CoordinatorElections({
      ...options,
      topic: OFFSETS_TOPIC,
      coordinator: groups,
    })
  }

  onMetadataUpdate(delta: MetadataDelta, image: MetadataImage): void {
    this.#elections.onMetadataUpdate(delta, image)
    if (delta.deletedTopics.length > 0) this.#topicsDeleted(delta)
    this.options.groups.onMetadataUpdate({
      changedTopics: new Set(delta.partitions.map(({ topicName }) => topicName)),
      hasNewTopics: delta.createdTopics.length > 0,
    })
  }

  #topicsDeleted({ deletedTopics }: MetadataDelta): void {
    const { groups, logger } = this.options
    groups
      .onTopicsDeleted(deletedTopics)
      .catch((error: unknown) =>
        logger.error({ err: error }, 'cannot delete the offsets of deleted topics'),
      )
  }
}
