import { type JoinAnswer, refusedJoin } from '../../coordinator/group/classic/answers.js'
import type { GroupCoordinator } from '../../coordinator/group/group-coordinator.js'
import { JoinGroupRequest, JoinGroupResponse } from '../../protocol/schema/join-group.js'
import { AclOperation, type Authorizer, ResourceType } from '../../security/authorizer.js'
import { requireGroup } from '../group-access.js'
import { type Handler, handler, type RequestContext } from '../handler.js'

/** From this version on, an answer may have no protocol name. */
const VERSION_WITH_NULL_PROTOCOL = 7

/** Becomes a member of a group; answered when all have joined, which may take a while. */
export const joinGroup = ({
  groups,
  authorizer,
}: {
  readonly groups: GroupCoordinator
  readonly authorizer: Authorizer
}): Handler =>
  handler(JoinGroupRequest, JoinGroupResponse, {
    handle: async (context, request) => {
      requireGroup(authorizer, context, AclOperation.READ, request.groupId)
      const mayDescribe = (topic: string) =>
        authorizer.isAllowed(context, AclOperation.DESCRIBE, ResourceType.TOPIC, topic)
      return forVersion(context, await groups.joinGroup(context, request, mayDescribe))
    },
    refuse: (_, { code }, context) => forVersion(context, refusedJoin(code)),
  })

function forVersion({ apiVersion }: RequestContext, answer: JoinAnswer) {
  const isNull = answer.protocolName === null && apiVersion < VERSION_WITH_NULL_PROTOCOL
  return isNull ? { ...answer, protocolName: '' } : answer
}
