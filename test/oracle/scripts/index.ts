import type { Script } from '../script.js'
import { apiVersions } from './api-versions.js'
import { autoCreation } from './auto-creation.js'
import { brokerConfigurations } from './broker-configs.js'
import { configs } from './configs.js'
import { consumerGroups } from './consumer-groups.js'
import { consumerMigration } from './consumer-migration.js'
import { consumerOffsets } from './consumer-offsets.js'
import { consumerPolicies } from './consumer-policies.js'
import { consumerRebalances } from './consumer-rebalances.js'
import { consumerStatic } from './consumer-static.js'
import { coordinatorTopics } from './coordinator-topics.js'
import { fetch } from './fetch.js'
import { groups } from './groups.js'
import { listOffsets } from './list-offsets.js'
import { metadata } from './metadata.js'
import { offsets } from './offsets.js'
import { produce } from './produce.js'
import { rebalances } from './rebalances.js'
import { refusedAppends } from './refused-appends.js'
import { restricted, tooFewBrokers } from './restricted.js'
import { topics } from './topics.js'
import { transactionAdmin } from './transaction-admin.js'
import { transactionMarkers } from './transaction-markers.js'
import { transactionOffsets } from './transaction-offsets.js'
import { transactionTimeouts } from './transaction-timeouts.js'
import { transactionalEdges } from './transactional-edges.js'
import { transactionalProduce } from './transactional-produce.js'
import { transactions } from './transactions.js'

/** Every conversation that samsa and Apache Kafka are compared by. */
export const scripts: readonly Script[] = [
  apiVersions,
  metadata,
  autoCreation,
  topics,
  configs,
  brokerConfigurations,
  restricted,
  tooFewBrokers,
  produce,
  fetch,
  listOffsets,
  groups,
  rebalances,
  offsets,
  transactions,
  transactionalProduce,
  transactionalEdges,
  transactionOffsets,
  transactionMarkers,
  transactionAdmin,
  transactionTimeouts,
  consumerGroups,
  consumerRebalances,
  consumerStatic,
  consumerOffsets,
  consumerMigration,
  ...consumerPolicies,
  refusedAppends,
  coordinatorTopics,
]

/** Those with the names given, all if there are none. */
export function scriptsNamed(names: readonly string[]): readonly Script[] {
  const unknown = names.find((name) => !scripts.some((script) => script.name === name))
  if (unknown !== undefined) throw new Error(`there is no script ${unknown}`)
  return scripts.filter((script) => names.length === 0 || names.includes(script.name))
}
