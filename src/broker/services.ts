import type { ControllerChannel } from '../controller/channel.js'
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.js'
import type { TransactionCoordinator } from '../coordinator/transaction/transaction-coordinator.js'
import type { Clocks } from '../env/clock.js'
import type { Disk } from '../env/disk.js'
import type { Logger } from '../env/logger.js'
import type { Random } from '../env/random.js'
import type { MetadataImage } from '../metadata/image.js'
import type { Authorizer } from '../security/authorizer.js'
import type { LogManager } from '../storage/log-manager.js'
import type { AddPartitionsToTxnManager } from './add-partitions-to-txn-manager.js'
import type { DeletedTopics } from './deleted-topics.js'
import type { DynamicBrokerConfig } from './dynamic-broker-config.js'
import type { Handler } from './handler.js'
import type { ProducerIdManager } from './producer-id-manager.js'
import type { ReplicaManager } from './replica-manager.js'
import type { TransactionMarkers } from './transaction-markers.js'

/** What the handlers of one broker work with. */
export interface BrokerServices {
  readonly nodeId: number
  readonly clusterId: string
  readonly clocks: Clocks
  readonly random: Random
  readonly logger: Logger
  readonly authorizer: Authorizer
  readonly config: DynamicBrokerConfig
  /** What this broker knows of the cluster; moves on by itself. */
  readonly metadata: MetadataImage
  /** Level of the quorum's own feature (KIP-853), which the metadata records don't hold. */
  readonly kraftVersion: number
  readonly controller: ControllerChannel
  /** The one that the logs are on. */
  readonly disk: Disk
  readonly logs: LogManager
  readonly replicas: ReplicaManager
  readonly producerIds: ProducerIdManager
  readonly deletedTopics: DeletedTopics
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly transactionMarkers: TransactionMarkers
  readonly partitionsToTxn: AddPartitionsToTxnManager
  /** All of them: what ApiVersions lists. Empty while they are made. */
  readonly handlers: readonly Handler[]
}
