import { refusedSync } from '../../coordinator/group/classic/answers.js'
import type { GroupCoordinator } from '../../coordinator/group/group-coordinator.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import { SyncGroupRequest, SyncGroupResponse } from '../../protocol/schema/sync-group.js'
import { AclOperation, type Authorizer } from '../../security/authorizer.js'
import { requireGroup } from '../group-access.js'
import { type Handler, handler } from '../handler.js'

/** From this version on, members say what they take the group's protocol for (KIP-559). */
const VERSION_WITH_PROTOCOL = 5

/** Fetches a member's assignment, and hands in the leader's; answered when there is one. */
export const syncGroup = ({
  groups,
  authorizer,
}: {
  readonly groups: GroupCoordinator
  readonly authorizer: Authorizer
}): Handler =>
  handler(SyncGroupRequest, SyncGroupResponse, {
    handle: (context, request) => {
      const { groupId, protocolType, protocolName } = request
      const saysProtocol = protocolType !== null && protocolName !== null
      if (context.apiVersion >= VERSION_WITH_PROTOCOL && !saysProtocol) {
        throw new KafkaError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
      }
      requireGroup(authorizer, context, AclOperation.READ, groupId)
      return groups.syncGroup(context, request)
    },
    refuse: (_, { code }) => refusedSync(code),
  })
