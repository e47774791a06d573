import type { GroupCoordinator } from '../../coordinator/group/group-coordinator.js'
import { ErrorCode } from '../../protocol/errors.js'
import { DeleteGroupsRequest, DeleteGroupsResponse } from '../../protocol/schema/delete-groups.js'
import { AclOperation, type Authorizer, ResourceType } from '../../security/authorizer.js'
import { type Handler, handler } from '../handler.js'

/** Deletes groups without members, with their offsets (KIP-229). */
export const deleteGroups = ({
  groups,
  authorizer,
}: {
  readonly groups: GroupCoordinator
  readonly authorizer: Authorizer
}): Handler =>
  handler(DeleteGroupsRequest, DeleteGroupsResponse, {
    handle: async (context, { groupsNames }) => {
      const groupIds = [...new Set(groupsNames)]
      const isAllowed = (groupId: string) =>
        authorizer.isAllowed(context, AclOperation.DELETE, ResourceType.GROUP, groupId)
      const deleted = await groups.deleteGroups(context, groupIds.filter(isAllowed))
      const errorCode = ErrorCode.GROUP_AUTHORIZATION_FAILED
      const refused = groupIds.filter((groupId) => !isAllowed(groupId))
      return {
        throttleTimeMs: 0,
        results: [...deleted, ...refused.map((groupId) => ({ groupId, errorCode }))],
      }
    },
    refuse: ({ groupsNames }, { code }) => ({
      throttleTimeMs: 0,
      results: groupsNames.map((groupId) => ({ groupId, errorCode: code })),
    }),
  })
