import type {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
} from '../protocol/schema/allocate-producer-ids.js'
import type { AlterConfigsRequest, AlterConfigsResponse } from '../protocol/schema/alter-configs.js'
import type {
  AlterPartitionRequest,
  AlterPartitionResponse,
} from '../protocol/schema/alter-partition.js'
import type {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponse,
} from '../protocol/schema/assign-replicas-to-dirs.js'
import type {
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponse,
} from '../protocol/schema/broker-heartbeat.js'
import type {
  BrokerRegistrationRequest,
  BrokerRegistrationResponse,
} from '../protocol/schema/broker-registration.js'
import type {
  ControllerRegistrationRequest,
  ControllerRegistrationResponse,
} from '../protocol/schema/controller-registration.js'
import type {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
} from '../protocol/schema/create-partitions.js'
import type { CreateTopicsRequest, CreateTopicsResponse } from '../protocol/schema/create-topics.js'
import type { DeleteTopicsRequest, DeleteTopicsResponse } from '../protocol/schema/delete-topics.js'
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../protocol/schema/incremental-alter-configs.js'
import type {
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from '../protocol/schema/update-features.js'

/** What a controller can be asked: the messages as they are on the wire, by API name. */
export interface ControllerApis {
  AllocateProducerIds: [AllocateProducerIdsRequest, AllocateProducerIdsResponse]
  AlterConfigs: [AlterConfigsRequest, AlterConfigsResponse]
  AlterPartition: [AlterPartitionRequest, AlterPartitionResponse]
  AssignReplicasToDirs: [AssignReplicasToDirsRequest, AssignReplicasToDirsResponse]
  BrokerHeartbeat: [BrokerHeartbeatRequest, BrokerHeartbeatResponse]
  BrokerRegistration: [BrokerRegistrationRequest, BrokerRegistrationResponse]
  ControllerRegistration: [ControllerRegistrationRequest, ControllerRegistrationResponse]
  CreatePartitions: [CreatePartitionsRequest, CreatePartitionsResponse]
  CreateTopics: [CreateTopicsRequest, CreateTopicsResponse]
  DeleteTopics: [DeleteTopicsRequest, DeleteTopicsResponse]
  IncrementalAlterConfigs: [IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse]
  UpdateFeatures: [UpdateFeaturesRequest, UpdateFeaturesResponse]
}

export type ControllerApi = keyof ControllerApis
export type ControllerRequest<A extends ControllerApi> = ControllerApis[A][0]
export type ControllerResponse<A extends ControllerApi> = ControllerApis[A][1]

/** Who asks, for authorisation and the log. */
export interface ControllerRequestContext {
  /** Kafka's text form, e.g. `User:ANONYMOUS`. */
  readonly principal: string
  readonly clientId: string | null
}

/** The only way by which a broker reaches its controller, in another process or in its own. */
export interface ControllerChannel {
  /**
   * Asks the active controller and answers when what it decided is committed, and, with the
   * controller in the same process, after the listeners of that process's metadata have seen it.
   * Errors of the request itself are in the response, as they would be on the wire.
   *
   * @throws KafkaError NOT_CONTROLLER when there is no active controller to be reached, or it lost
   *   its leadership before the decision was committed: ask again. REQUEST_TIMED_OUT likewise.
   */
  request<A extends ControllerApi>(
    api: A,
    version: number,
    request: ControllerRequest<A>,
    context: ControllerRequestContext,
  ): Promise<ControllerResponse<A>>
}
