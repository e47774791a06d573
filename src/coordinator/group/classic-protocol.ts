import type { ErrorCode } from '../../protocol/errors.js'
import type { HeartbeatRequest } from '../../protocol/schema/heartbeat.js'
import type { JoinGroupRequest } from '../../protocol/schema/join-group.js'
import type { LeaveGroupRequest } from '../../protocol/schema/leave-group.js'
import type { SyncGroupRequest } from '../../protocol/schema/sync-group.js'
import type { Outcome } from '../runtime/state-machine.js'
import type { JoinAnswer, SyncAnswer } from './classic/answers.js'
import type { ClassicGroups } from './classic/classic-groups.js'
import type { LeaveAnswer } from './classic/leave.js'
import { ConsumerGroup } from './consumer/consumer-group.js'
import type { ConsumerGroups } from './consumer/consumer-groups.js'
import type { MayDescribe } from './consumer/regex-subscriptions.js'
import type { GroupRequestContext } from './group-context.js'
import type { GroupStore } from './group-store.js'

/** Requests of the classic protocol, which members of groups of either kind may speak (KIP-848). */
export class ClassicProtocol {
  constructor(
    private readonly groups: GroupStore,
    private readonly classic: ClassicGroups,
    private readonly consumer: ConsumerGroups,
  ) {}

  /** @param mayDescribe whether who asks may know that a topic exists */
  join(
    context: GroupRequestContext,
    request: JoinGroupRequest,
    mayDescribe: MayDescribe,
  ): Outcome<JoinAnswer> {
    const group = this.#consumerGroup(request.groupId)
    return group === undefined
      ? this.classic.join(context, request)
      : this.consumer.classicJoin.run(context, group, request, mayDescribe)
  }

  sync(request: SyncGroupRequest): Outcome<SyncAnswer> {
    const group = this.#consumerGroup(request.groupId)
    return group === undefined
      ? this.classic.sync(request)
      : this.consumer.classicMembers.sync(group, request)
  }

  heartbeat(request: HeartbeatRequest): Outcome<ErrorCode> {
    const group = this.#consumerGroup(request.groupId)
    return group === undefined
      ? this.classic.heartbeat(request)
      : this.consumer.classicMembers.heartbeat(group, request)
  }

  leave(groupId: string, members: LeaveGroupRequest['members']): Outcome<LeaveAnswer> {
    const group = this.#consumerGroup(groupId)
    return group === undefined
      ? this.classic.leave(groupId, members)
      : this.consumer.classicMembers.leave(group, members)
  }

  /** Without members, it makes way for a classic group. */
  #consumerGroup(groupId: string): ConsumerGroup | undefined {
    const group = this.groups.find(groupId)
    return group instanceof ConsumerGroup && !group.isEmpty ? group : undefined
  }
}
