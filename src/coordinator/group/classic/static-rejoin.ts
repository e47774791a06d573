import type { KafkaError } from '../../../protocol/errors.js'
import { asResponseError } from '../../response-error.js'
import type { Outcome } from '../../runtime/state-machine.js'
import { groupRecord } from '../group-records.js'
import type { GroupServices } from '../group-services.js'
import { type JoinAnswer, refusedJoin, UNKNOWN_MEMBER_ID } from './answers.js'
import type { ClassicMember } from './classic-member.js'
import type { Joining } from './join.js'
import { joinAnswer, type Rebalance } from './rebalance.js'
import type { MemberSessions } from './sessions.js'

/** From this version on, a leader can be told that it need not assign (KIP-814). */
const VERSION_WITH_SKIP_ASSIGNMENT = 9

/**
 * A static member that has restarted joins without knowing its id: it takes the place of the one it
 * was, with a new id, and whoever still has the old one is fenced (KIP-345).
 */
export class StaticRejoin {
  constructor(
    private readonly services: GroupServices,
    private readonly sessions: MemberSessions,
    private readonly rebalance: Rebalance,
  ) {}

  run(joining: Joining, former: ClassicMember, memberId: string): Outcome<JoinAnswer> {
    const { group, protocols, rebalanceTimeoutMs, sessionTimeoutMs, reason } = joining
    const formerLeader = group.leaderId
    this.sessions.end(group, former.memberId)
    const member = group.replaceStaticMember(former, memberId)
    this.sessions.begin(group, member)
    group.updateMember(member, protocols, rebalanceTimeoutMs, sessionTimeoutMs)
    const response = member.awaitJoin()
    switch (group.state) {
      case 'Stable': {
        if (group.selectProtocol() === group.protocolName) {
          return this.#keepGeneration(joining, former, member, formerLeader, response)
        }
        const why = `${memberId} changes the protocol; ${reason}`
        return { records: this.rebalance.prepareOrCompleteJoin(group, why), response }
      }
      case 'CompletingRebalance': {
        // The leader may be assigning to the old id.
        const why = `static member ${memberId} is back; ${reason}`
        return { records: this.rebalance.prepare(group, why), response }
      }
      default:
        return { records: this.rebalance.maybeCompleteJoin(group), response }
    }
  }

  /** The new id goes on the log, and the member goes on with the assignment it had. */
  #keepGeneration(
    { group, apiVersion }: Joining,
    former: ClassicMember,
    member: ClassicMember,
    formerLeader: string | undefined,
    response: Promise<JoinAnswer>,
  ): Outcome<JoinAnswer> {
    const { memberId } = member
    const assignments = new Map(
      [...group.members()].map((each) => [each.memberId, each.assignment]),
    )
    const canSkip = apiVersion >= VERSION_WITH_SKIP_ASSIGNMENT
    return {
      records: [groupRecord(group, assignments)],
      response,
      completed: (error) => {
        if (error !== null) {
          this.#revert(group, former, member, error)
        } else if (canSkip) {
          const skipAssignment = group.isLeader(memberId)
          member.completeJoin({ ...joinAnswer(group, memberId), skipAssignment })
        } else {
          // Told of the old leader, not even the leader takes itself for one, and assigns anew.
          const leader = formerLeader ?? ''
          member.completeJoin({ ...joinAnswer(group, memberId), leader, members: [] })
        }
      },
    }
  }

  #revert(
    group: Joining['group'],
    former: ClassicMember,
    member: ClassicMember,
    error: KafkaError,
  ): void {
    const { groups, logger } = this.services
    const { groupId } = group
    if (groups.get(groupId) !== group || group.member(member.memberId) !== member) return
    logger.warn(
      { groupId, memberId: member.memberId, err: error },
      'a static member stays as it was',
    )
    member.completeJoin(refusedJoin(asResponseError(error).code, UNKNOWN_MEMBER_ID))
    this.sessions.end(group, member.memberId)
    const { protocols, rebalanceTimeoutMs, sessionTimeoutMs } = former
    group.updateMember(member, protocols, rebalanceTimeoutMs, sessionTimeoutMs)
    this.sessions.begin(group, group.replaceStaticMember(member, former.memberId))
  }
}
