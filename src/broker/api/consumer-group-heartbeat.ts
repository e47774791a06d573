import { refusedHeartbeat } from '../../coordinator/group/consumer/heartbeat.js'
import type { GroupCoordinator } from '../../coordinator/group/group-coordinator.js'
import type { MetadataImage } from '../../metadata/image.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../protocol/schema/consumer-group-heartbeat.js'
import { AclOperation, type Authorizer, ResourceType } from '../../security/authorizer.js'
import { requireConsumerProtocol } from '../consumer-protocol.js'
import type { DynamicBrokerConfig } from '../dynamic-broker-config.js'
import { requireGroup } from '../group-access.js'
import { type Handler, handler } from '../handler.js'

export interface ConsumerGroupHeartbeatServices {
  readonly groups: GroupCoordinator
  readonly metadata: MetadataImage
  readonly config: DynamicBrokerConfig
  readonly authorizer: Authorizer
}

/** A member of a consumer group joins, stays or leaves, and is told what it is to read (KIP-848). */
export const consumerGroupHeartbeat = (services: ConsumerGroupHeartbeatServices): Handler =>
  handler(ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, {
    handle: (context, request) => {
      const { groups, authorizer } = services
      requireConsumerProtocol(services)
      requireGroup(authorizer, context, AclOperation.READ, request.groupId)
      const mayDescribe = (topic: string) =>
        authorizer.isAllowed(context, AclOperation.DESCRIBE, ResourceType.TOPIC, topic)
      if (request.subscribedTopicNames?.every(mayDescribe) === false) {
        throw new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
      }
      return groups.consumerGroupHeartbeat(context, request, mayDescribe)
    },
    refuse: (_, error) => ({ ...refusedHeartbeat(error), errorMessage: null }),
  })
