import type { Handler } from '../handler.js'
import type { BrokerServices } from '../services.js'
import { alterConfigs } from './alter-configs.js'
import { apiVersions } from './api-versions.js'
import { createPartitions } from './create-partitions.js'
import { createTopics } from './create-topics.js'
import { deleteTopics } from './delete-topics.js'
import { describeCluster } from './describe-cluster.js'
import { describeConfigs } from './describe-configs.js'
import { describeTopicPartitions } from './describe-topic-partitions.js'
import { incrementalAlterConfigs } from './incremental-alter-configs.js'
import { listConfigResources } from './list-config-resources.js'
import { metadata } from './metadata.js'
import { produce } from './produce.js'

type HandlerFactory = (services: BrokerServices) => Handler

/** Every API that a broker answers, one a line: what is here is served, and advertised. */
const factories: readonly HandlerFactory[] = [
  // In the order of their names.
  alterConfigs,
  apiVersions,
  createPartitions,
  createTopics,
  deleteTopics,
  describeCluster,
  describeConfigs,
  describeTopicPartitions,
  incrementalAlterConfigs,
  listConfigResources,
  metadata,
  produce,
]

/** The dispatch table of one broker. */
export function createHandlers(services: Omit<BrokerServices, 'handlers'>): readonly Handler[] {
  const handlers: Handler[] = []
  const complete: BrokerServices = Object.assign(services, { handlers })
  handlers.push(...factories.map((factory) => factory(complete)))
  return handlers
}
