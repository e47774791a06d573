import type { GroupCoordinator } from '../../coordinator/group/group-coordinator.js'
import { ErrorCode } from '../../protocol/errors.js'
import { LeaveGroupRequest, LeaveGroupResponse } from '../../protocol/schema/leave-group.js'
import { AclOperation, type Authorizer } from '../../security/authorizer.js'
import { requireGroup } from '../group-access.js'
import { type Handler, handler } from '../handler.js'

/** From this version on, several members can leave at once (KIP-345). */
const VERSION_WITH_MEMBERS = 3

/** Members leave a group, or are removed by somebody who may. */
export const leaveGroup = ({
  groups,
  authorizer,
}: {
  readonly groups: GroupCoordinator
  readonly authorizer: Authorizer
}): Handler =>
  handler(LeaveGroupRequest, LeaveGroupResponse, {
    handle: async (context, request) => {
      requireGroup(authorizer, context, AclOperation.READ, request.groupId)
      if (context.apiVersion >= VERSION_WITH_MEMBERS) return groups.leaveGroup(context, request)
      const members = [{ memberId: request.memberId, groupInstanceId: null, reason: null }]
      const { errorCode, members: left = [] } = await groups.leaveGroup(context, {
        ...request,
        members,
      })
      const failed = errorCode === ErrorCode.NONE ? left[0]?.errorCode : errorCode
      return { throttleTimeMs: 0, errorCode: failed ?? ErrorCode.NONE, members: [] }
    },
    refuse: (_, { code }) => ({ throttleTimeMs: 0, errorCode: code, members: [] }),
  })
