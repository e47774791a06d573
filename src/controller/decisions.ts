import { allocateProducerIds } from './allocate-producer-ids.js'
import { alterConfigs } from './alter-configs.js'
import { alterPartition } from './alter-partition.js'
import { assignReplicasToDirs } from './assign-replicas-to-dirs.js'
import { brokerHeartbeat } from './broker-heartbeat.js'
import { registerBroker } from './broker-registration.js'
import type { ControllerApi, ControllerRequest, ControllerResponse } from './channel.js'
import { registerController } from './controller-registration.js'
import { createPartitions } from './create-partitions.js'
import { createTopics } from './create-topics.js'
import type { Decide } from './decision.js'
import { deleteTopics } from './delete-topics.js'
import { incrementalAlterConfigs } from './incremental-alter-configs.js'
import { updateFeatures } from './update-features.js'

/** How each kind of request is decided. */
export const decisions: {
  readonly [A in ControllerApi]: Decide<ControllerRequest<A>, ControllerResponse<A>>
} = {
  AllocateProducerIds: allocateProducerIds,
  AlterConfigs: alterConfigs,
  AlterPartition: alterPartition,
  AssignReplicasToDirs: assignReplicasToDirs,
  BrokerHeartbeat: brokerHeartbeat,
  BrokerRegistration: registerBroker,
  ControllerRegistration: registerController,
  CreatePartitions: createPartitions,
  CreateTopics: createTopics,
  DeleteTopics: deleteTopics,
  IncrementalAlterConfigs: incrementalAlterConfigs,
  UpdateFeatures: updateFeatures,
}
