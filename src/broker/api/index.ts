import type { Handler } from '../handler.js'
import type { BrokerServices } from '../services.js'
import { alterConfigs } from './alter-configs.js'
import { apiVersions } from './api-versions.js'
import { createPartitions } from './create-partitions.js'
import { createTopics } from './create-topics.js'
import { deleteRecords } from './delete-records.js'
import { deleteTopics } from './delete-topics.js'
import { describeCluster } from './describe-cluster.js'
import { describeConfigs } from './describe-configs.js'
import { describeLogDirs } from './describe-log-dirs.js'
import { describeTopicPartitions } from './describe-topic-partitions.js'
import { fetch } from './fetch.js'
import { incrementalAlterConfigs } from './incremental-alter-configs.js'
import { initProducerId } from './init-producer-id.js'
import { listConfigResources } from './list-config-resources.js'
import { listOffsets } from './list-offsets.js'
import { metadata } from './metadata.js'
import { offsetForLeaderEpoch } from './offset-for-leader-epoch.js'
import { produce } from './produce.js'

type HandlerFactory = (services: BrokerServices) => Handler

/** Every API that a broker answers, one a line: what is here is served, and advertised. */
const factories: readonly HandlerFactory[] = [
  // In the order of their names.
  alterConfigs,
  apiVersions,
  createPartitions,
  createTopics,
  deleteRecords,
  deleteTopics,
  describeCluster,
  describeConfigs,
  describeLogDirs,
  describeTopicPartitions,
  fetch,
  incrementalAlterConfigs,
  initProducerId,
  listConfigResources,
  listOffsets,
  metadata,
  offsetForLeaderEpoch,
  produce,
]

/** The dispatch table of one broker. */
export function createHandlers(services: Omit<BrokerServices, 'handlers'>): readonly Handler[] {
  const handlers: Handler[] = []
  const complete: BrokerServices = Object.assign(services, { handlers })
  handlers.push(...factories.map((factory) => factory(complete)))
  return handlers
}
