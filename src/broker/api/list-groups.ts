import type { GroupCoordinator } from '../../coordinator/group/group-coordinator.js'
import { ListGroupsRequest, ListGroupsResponse } from '../../protocol/schema/list-groups.js'
import {
  AclOperation,
  type Authorizer,
  CLUSTER_NAME,
  ResourceType,
} from '../../security/authorizer.js'
import { type Handler, handler } from '../handler.js'

/** The groups that this node coordinates. */
export const listGroups = ({
  groups,
  authorizer,
}: {
  readonly groups: GroupCoordinator
  readonly authorizer: Authorizer
}): Handler =>
  handler(ListGroupsRequest, ListGroupsResponse, {
    handle: async (context, request) => {
      const answer = await groups.listGroups(context, request)
      const may = (type: ResourceType, name: string) =>
        authorizer.isAllowed(context, AclOperation.DESCRIBE, type, name)
      if (may(ResourceType.CLUSTER, CLUSTER_NAME)) return answer
      const visible = answer.groups.filter(({ groupId }) => may(ResourceType.GROUP, groupId))
      return { ...answer, groups: visible }
    },
    refuse: (_, { code }) => ({ throttleTimeMs: 0, errorCode: code, groups: [] }),
  })
