import { undescribedGroup } from '../../coordinator/group/consumer/description.js'
import type {
  DescribedConsumerGroup,
  GroupCoordinator,
} from '../../coordinator/group/group-coordinator.js'
import type { MetadataImage } from '../../metadata/image.js'
import { ErrorCode } from '../../protocol/errors.js'
import {
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse,
} from '../../protocol/schema/consumer-group-describe.js'
import { AclOperation, type Authorizer, ResourceType } from '../../security/authorizer.js'
import { authorizedOperations } from '../authorized-operations.js'
import { requireConsumerProtocol } from '../consumer-protocol.js'
import type { DynamicBrokerConfig } from '../dynamic-broker-config.js'
import { type Handler, handler, type RequestContext } from '../handler.js'

export interface ConsumerGroupDescribeServices {
  readonly groups: GroupCoordinator
  readonly metadata: MetadataImage
  readonly config: DynamicBrokerConfig
  readonly authorizer: Authorizer
}

/** State, members and assignments of consumer groups (KIP-848). */
export const consumerGroupDescribe = (services: ConsumerGroupDescribeServices): Handler =>
  handler(ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, {
    handle: async (context, { groupIds, includeAuthorizedOperations }) => {
      const { groups, authorizer } = services
      const { GROUP } = ResourceType
      requireConsumerProtocol(services)
      const isAllowed = (groupId: string) =>
        authorizer.isAllowed(context, AclOperation.DESCRIBE, GROUP, groupId)
      const refused = groupIds
        .filter((groupId) => !isAllowed(groupId))
        .map((groupId) => undescribedGroup(groupId, ErrorCode.GROUP_AUTHORIZATION_FAILED, null))
      const described = await groups.describeConsumerGroups(context, groupIds.filter(isAllowed))
      const withOperations = (group: DescribedConsumerGroup): DescribedConsumerGroup => {
        if (!includeAuthorizedOperations || group.errorCode !== ErrorCode.NONE) return group
        const operations = authorizedOperations(authorizer, context, GROUP, group.groupId)
        return { ...group, authorizedOperations: operations }
      }
      return {
        throttleTimeMs: 0,
        groups: [...refused, ...described.map(withOperations)].map((group) =>
          withoutForbiddenTopics(group, authorizer, context),
        ),
      }
    },
    refuse: ({ groupIds }, { code }) => ({
      throttleTimeMs: 0,
      groups: groupIds.map((groupId) => undescribedGroup(groupId, code, null)),
    }),
  })

/** A group says nothing at all when it would name a topic that who asks may not know of. */
function withoutForbiddenTopics(
  group: DescribedConsumerGroup,
  authorizer: Authorizer,
  context: RequestContext,
): DescribedConsumerGroup {
  const topics = new Set(
    group.members
      .flatMap(({ assignment, targetAssignment }) => [assignment, targetAssignment])
      .flatMap(({ topicPartitions }) => topicPartitions.map(({ topicName }) => topicName)),
  )
  const mayDescribe = (topic: string) =>
    authorizer.isAllowed(context, AclOperation.DESCRIBE, ResourceType.TOPIC, topic)
  if ([...topics].every(mayDescribe)) return group
  return undescribedGroup(
    group.groupId,
    ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    'The group has described topic(s) that the client is not authorized to describe.',
  )
}
