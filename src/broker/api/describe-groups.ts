import type { DescribedGroup, GroupCoordinator } from '../../coordinator/group/group-coordinator.js'
import { undescribed } from '../../coordinator/group/group-queries.js'
import { ErrorCode } from '../../protocol/errors.js'
import {
  DescribeGroupsRequest,
  DescribeGroupsResponse,
} from '../../protocol/schema/describe-groups.js'
import { AclOperation, type Authorizer, ResourceType } from '../../security/authorizer.js'
import { authorizedOperations } from '../authorized-operations.js'
import { type Handler, handler } from '../handler.js'

/** State and members of classic groups. */
export const describeGroups = ({
  groups,
  authorizer,
}: {
  readonly groups: GroupCoordinator
  readonly authorizer: Authorizer
}): Handler =>
  handler(DescribeGroupsRequest, DescribeGroupsResponse, {
    handle: async (context, { groups: groupIds, includeAuthorizedOperations }) => {
      const { GROUP } = ResourceType
      const isAllowed = (groupId: string) =>
        authorizer.isAllowed(context, AclOperation.DESCRIBE, GROUP, groupId)
      const refused = groupIds.filter((groupId) => !isAllowed(groupId))
      const described = await groups.describeGroups(context, groupIds.filter(isAllowed))
      const withOperations = (group: DescribedGroup): DescribedGroup => {
        if (!includeAuthorizedOperations || group.errorCode !== ErrorCode.NONE) return group
        const operations = authorizedOperations(authorizer, context, GROUP, group.groupId)
        return { ...group, authorizedOperations: operations }
      }
      return {
        throttleTimeMs: 0,
        groups: [
          ...refused.map((groupId) => undescribed(groupId, ErrorCode.GROUP_AUTHORIZATION_FAILED)),
          ...described.map(withOperations),
        ],
      }
    },
    refuse: ({ groups: groupIds }, { code }) => ({
      throttleTimeMs: 0,
      groups: groupIds.map((groupId) => undescribed(groupId, code)),
    }),
  })
