import type { GroupCoordinator } from '../../coordinator/group/group-coordinator.js'
import { HeartbeatRequest, HeartbeatResponse } from '../../protocol/schema/heartbeat.js'
import { AclOperation, type Authorizer } from '../../security/authorizer.js'
import { requireGroup } from '../group-access.js'
import { type Handler, handler } from '../handler.js'

/** A member is alive, and learns whether its group rebalances. */
export const heartbeat = ({
  groups,
  authorizer,
}: {
  readonly groups: GroupCoordinator
  readonly authorizer: Authorizer
}): Handler =>
  handler(HeartbeatRequest, HeartbeatResponse, {
    handle: (context, request) => {
      requireGroup(authorizer, context, AclOperation.READ, request.groupId)
      return groups.heartbeat(context, request)
    },
    refuse: (_, { code }) => ({ throttleTimeMs: 0, errorCode: code }),
  })
