import type { Input } from '../../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import type { LeaveGroupRequest, LeaveGroupResponse } from '../../../protocol/schema/leave-group.js'
import type { CoordinatorRecord } from '../../runtime/record.js'
import type { Outcome } from '../../runtime/state-machine.js'
import type { GroupServices } from '../group-services.js'
import { UNKNOWN_MEMBER_ID } from './answers.js'
import type { ClassicGroup } from './classic-group.js'
import type { Rebalance } from './rebalance.js'
import type { MemberSessions } from './sessions.js'

export type LeaveAnswer = Input<typeof LeaveGroupResponse>
type Leaving = LeaveGroupRequest['members'][number]

/** LeaveGroup, of one member or several (Kafka's `GroupMetadataManager.classicGroupLeave`). */
export class LeaveGroup {
  constructor(
    private readonly services: GroupServices,
    private readonly sessions: MemberSessions,
    private readonly rebalance: Rebalance,
  ) {}

  /** @throws KafkaError UNKNOWN_MEMBER_ID when there is no such group */
  run(groupId: string, members: readonly Leaving[]): Outcome<LeaveAnswer> {
    const group = this.services.groups.get(groupId)
    if (group === undefined) throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID)
    const answers = members.map((leaving) => ({
      memberId: leaving.memberId,
      groupInstanceId: leaving.groupInstanceId,
      errorCode: this.#remove(group, leaving),
    }))
    const left = answers.filter(({ errorCode }) => errorCode === ErrorCode.NONE)
    const ids = left.map(({ memberId, groupInstanceId }) => memberId || groupInstanceId)
    return {
      records: left.length === 0 ? [] : this.#goOn(group, `${ids.join(', ')} left`),
      response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, members: answers },
    }
  }

  #goOn(group: ClassicGroup, reason: string): readonly CoordinatorRecord[] {
    return group.state === 'Empty' ? [] : this.rebalance.prepareOrCompleteJoin(group, reason)
  }

  #remove(group: ClassicGroup, leaving: Leaving): ErrorCode {
    const { groupInstanceId } = leaving
    let { memberId } = leaving
    if (memberId === UNKNOWN_MEMBER_ID) {
      // An administrator removes static members by the only name that is theirs for good.
      const current = groupInstanceId === null ? undefined : group.staticMemberId(groupInstanceId)
      if (current === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
      memberId = current
    } else if (group.pendingJoins.has(memberId)) {
      group.remove(memberId)
      this.sessions.end(group, memberId)
      return ErrorCode.NONE
    }
    try {
      this.rebalance.removeMember(group, group.requireMember(memberId, groupInstanceId))
      return ErrorCode.NONE
    } catch (error) {
      if (error instanceof KafkaError) return error.code
      throw error
    }
  }
}
