import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import type { HeartbeatRequest } from '../../../protocol/schema/heartbeat.js'
import type { JoinGroupRequest } from '../../../protocol/schema/join-group.js'
import type { LeaveGroupRequest } from '../../../protocol/schema/leave-group.js'
import type { SyncGroupRequest } from '../../../protocol/schema/sync-group.js'
import { NOTHING, type Outcome } from '../../runtime/state-machine.js'
import type { GroupRequestContext } from '../group-context.js'
import type { GroupServices } from '../group-services.js'
import type { JoinAnswer, SyncAnswer } from './answers.js'
import type { ClassicGroup } from './classic-group.js'
import { JoinGroup } from './join.js'
import { type LeaveAnswer, LeaveGroup } from './leave.js'
import { Rebalance } from './rebalance.js'
import { MemberSessions } from './sessions.js'
import { SyncGroup } from './sync.js'

/** The classic groups of one partition: what their members ask, and what time does to them. */
export class ClassicGroups {
  readonly #sessions: MemberSessions
  readonly #rebalance: Rebalance
  readonly #join: JoinGroup
  readonly #sync: SyncGroup
  readonly #leave: LeaveGroup

  constructor(private readonly services: GroupServices) {
    this.#sessions = new MemberSessions(services, (group, memberId) =>
      this.#expire(group, memberId),
    )
    this.#rebalance = new Rebalance(services, this.#sessions)
    this.#join = new JoinGroup(services, this.#sessions, this.#rebalance)
    this.#sync = new SyncGroup(services, this.#sessions, this.#rebalance)
    this.#leave = new LeaveGroup(services, this.#sessions, this.#rebalance)
  }

  join(context: GroupRequestContext, request: JoinGroupRequest): Outcome<JoinAnswer> {
    return this.#join.run(context, request)
  }

  sync(request: SyncGroupRequest): Outcome<SyncAnswer> {
    return this.#sync.run(request)
  }

  leave(groupId: string, members: LeaveGroupRequest['members']): Outcome<LeaveAnswer> {
    return this.#leave.run(groupId, members)
  }

  /** @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION */
  heartbeat(request: HeartbeatRequest): Outcome<ErrorCode> {
    const group = this.services.groups.get(request.groupId)
    if (group === undefined) throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID)
    const member = group.requireMember(request.memberId, request.groupInstanceId)
    if (request.generationId !== group.generationId) {
      throw new KafkaError(ErrorCode.ILLEGAL_GENERATION)
    }
    this.#sessions.begin(group, member)
    return {
      records: [],
      response:
        group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE,
    }
  }

  /** A commit of offsets says as much as a heartbeat. */
  keepAlive(group: ClassicGroup, memberId: string): void {
    if (group.state !== 'Stable' && group.state !== 'PreparingRebalance') return
    const member = group.member(memberId)
    if (member !== undefined) this.#sessions.begin(group, member)
  }

  /** A group that was just loaded begins to live: its members have a session's time to report. */
  begin(group: ClassicGroup): void {
    for (const member of group.members()) this.#sessions.begin(group, member)
    const { groupMaxSize } = this.services.config
    if (group.size <= groupMaxSize) return
    // The maximum was lowered: in a rebalance, the first to join again stay.
    this.services.context.schedule(group.groupId, 'rebalance of a group over its size', () => ({
      records: this.#rebalance.prepare(
        group,
        `its ${group.size} members are more than group.max.size allows (${groupMaxSize})`,
      ),
      response: undefined,
    }))
  }

  /**
   * A group that was a consumer group takes that one's place.
   *
   * @param rebalanceReason undefined: its members go on as they are
   */
  adopt(group: ClassicGroup, rebalanceReason: string | undefined): void {
    this.begin(group)
    // Nobody waits to join yet, so that nothing has to be written.
    if (rebalanceReason !== undefined) this.#rebalance.prepare(group, rebalanceReason)
  }

  /** The group is gone from the log. */
  forget(group: ClassicGroup): void {
    this.#rebalance.forget(group)
  }

  /** Answers whoever waits: the leadership is lost. */
  unload(group: ClassicGroup, error: KafkaError): void {
    for (const member of group.members()) member.refuse(error.code)
  }

  #expire(group: ClassicGroup, memberId: string): Outcome<void> {
    const { groups, logger } = this.services
    const { groupId } = group
    if (groups.get(groupId) !== group) return NOTHING
    if (group.pendingJoins.has(memberId)) {
      group.remove(memberId)
      return { records: this.#rebalance.completeJoinOfAll(group), response: undefined }
    }
    const member = group.member(memberId)
    if (member === undefined || member.hasSatisfiedHeartbeat) return NOTHING
    logger.info({ groupId, memberId }, 'the session of a member is over')
    this.#rebalance.removeMember(group, member)
    const records =
      group.state === 'PreparingRebalance'
        ? this.#rebalance.completeJoinOfAll(group)
        : this.#rebalance.prepare(group, `the session of ${memberId} is over`)
    return { records, response: undefined }
  }
}
