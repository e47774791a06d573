import { AddPartitionsToTxnManager } from '../broker/add-partitions-to-txn-manager.js'
import { CoordinatorElections } from '../broker/coordinator-elections.js'
import type { DynamicBrokerConfig } from '../broker/dynamic-broker-config.js'
import { GroupElections } from '../broker/group-elections.js'
import { GroupMetadataView } from '../broker/group-metadata-view.js'
import { LiveMetadata } from '../broker/live-metadata.js'
import type { ReplicaManager } from '../broker/replica-manager.js'
import { TransactionMarkers } from '../broker/transaction-markers.js'
import { groupCoordinatorConfig } from '../coordinator/group/group-config.js'
import { GroupCoordinator } from '../coordinator/group/group-coordinator.js'
import type { ProducerIds } from '../coordinator/transaction/producer-ids.js'
import { transactionCoordinatorConfig } from '../coordinator/transaction/transaction-config.js'
import { TransactionCoordinator } from '../coordinator/transaction/transaction-coordinator.js'
import { TRANSACTION_STATE_TOPIC } from '../coordinator/transaction/transaction-topic.js'
import type { Clocks } from '../env/clock.js'
import type { Logger } from '../env/logger.js'
import type { Random } from '../env/random.js'
import { TRANSACTION_VERSION } from '../metadata/features.js'
import type { MetadataLoader } from '../metadata/loader.js'

export interface NodeCoordinatorsOptions {
  readonly nodeId: number
  readonly clocks: Clocks
  readonly random: Random
  readonly logger: Logger
  readonly config: DynamicBrokerConfig
  readonly replicas: ReplicaManager
  readonly loader: MetadataLoader
  /** Not asked before a controller can be. */
  readonly producerIds: ProducerIds
}

/** The coordinators of a node, as they work for each other. */
export interface NodeCoordinators {
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly transactionMarkers: TransactionMarkers
  readonly partitionsToTxn: AddPartitionsToTxnManager
}

/** Makes the coordinators, and lets them know what they lead; the replica manager must know before. */
export function startCoordinators(options: NodeCoordinatorsOptions): NodeCoordinators {
  const { nodeId, clocks, random, logger, config, replicas, loader, producerIds } = options
  const groups = new GroupCoordinator({
    clocks,
    random,
    logger,
    config: groupCoordinatorConfig(() => config.current),
    metadata: new GroupMetadataView(new LiveMetadata(() => loader.image)),
  })
  const clock = clocks.logical
  const transactionMarkers = new TransactionMarkers({ replicas, groups, clock, logger })
  const transactions = new TransactionCoordinator({
    clocks,
    logger,
    config: transactionCoordinatorConfig(config.current),
    producerIds,
    markers: transactionMarkers,
    transactionVersion: () => loader.image.features.get(TRANSACTION_VERSION) ?? 0,
  })
  const partitionsToTxn = new AddPartitionsToTxnManager({
    coordinator: transactions,
    metadata: () => loader.image,
    isEnabled: () => config.current.get('transaction.partition.verification.enable'),
    logger,
  })
  loader.install(new GroupElections({ nodeId, replicas, groups, partitionsToTxn, logger }))
  // After the groups', which the markers of what was left prepared may be for.
  loader.install(
    new CoordinatorElections({
      nodeId,
      topic: TRANSACTION_STATE_TOPIC,
      coordinator: transactions,
      replicas,
      partitionsToTxn,
      logger,
    }),
  )
  return { groups, transactions, transactionMarkers, partitionsToTxn }
}
