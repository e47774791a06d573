import { ErrorCode } from '../../../protocol/errors.js'
import type { CoordinatorRecord } from '../../runtime/record.js'
import { NOTHING, type Outcome } from '../../runtime/state-machine.js'
import { groupRecord } from '../group-records.js'
import type { GroupServices } from '../group-services.js'
import { type JoinAnswer, refusedSync } from './answers.js'
import type { ClassicGroup } from './classic-group.js'
import type { ClassicMember } from './classic-member.js'
import type { MemberSessions } from './sessions.js'

export const NO_ASSIGNMENTS: ReadonlyMap<string, Buffer> = new Map()

const joinTimer = (groupId: string) => `join ${groupId}`
const syncTimer = (groupId: string) => `sync ${groupId}`

/**
 * How a classic group comes from one generation to the next: everybody is to join again, those who
 * don't in time are left behind, the leader assigns, everybody fetches its share.
 *
 * What has to be appended is returned.
 */
export class Rebalance {
  constructor(
    private readonly services: GroupServices,
    private readonly sessions: MemberSessions,
  ) {}

  /** Somebody came, left or changed: begins a rebalance, or gets on with the one that is under way. */
  prepareOrCompleteJoin(group: ClassicGroup, reason: string): readonly CoordinatorRecord[] {
    return group.state === 'PreparingRebalance'
      ? this.maybeCompleteJoin(group)
      : this.prepare(group, reason)
  }

  prepare(group: ClassicGroup, reason: string): readonly CoordinatorRecord[] {
    const { clocks, logger, config } = this.services
    if (group.state === 'CompletingRebalance') {
      this.refuseSyncs(group, ErrorCode.REBALANCE_IN_PROGRESS)
    }
    this.endSyncPhase(group)
    const isInitial = group.state === 'Empty'
    group.transitionTo('PreparingRebalance', clocks.logical.now())
    logger.info(
      { groupId: group.groupId, generationId: group.generationId, reason },
      'preparing to rebalance a group',
    )
    if (!isInitial) return this.#completeJoinOrWait(group)
    // The first members of a group seldom come alone.
    const delayMs = config.groupInitialRebalanceDelayMs
    this.#delayInitial(group, delayMs, Math.max(group.rebalanceTimeoutMs - delayMs, 0))
    return []
  }

  /** Goes on to the next generation if all have joined, except in the delay of the first one. */
  maybeCompleteJoin(group: ClassicGroup): readonly CoordinatorRecord[] {
    return group.previousState === 'Empty' ? [] : this.completeJoinOfAll(group)
  }

  /** Goes on to the next generation if all have joined, whichever it is. */
  completeJoinOfAll(group: ClassicGroup): readonly CoordinatorRecord[] {
    if (group.state !== 'PreparingRebalance') return []
    return group.allMembersJoined ? this.completeJoin(group) : []
  }

  /** Begins the next generation with those who have joined. */
  completeJoin(group: ClassicGroup): readonly CoordinatorRecord[] {
    const { clocks, context, logger } = this.services
    const { groupId } = group
    context.timers.cancel(joinTimer(groupId))
    for (const member of [...group.members()]) {
      // A static member may stay away for as long as its session lasts.
      if (!member.isAwaitingJoin && !member.isStatic) this.removeMember(group, member)
    }
    if (!group.electJoinedLeader() && group.size > 0) {
      logger.warn({ groupId }, 'nobody has joined again: the members have until their sessions end')
      this.#waitForJoins(group)
      return []
    }
    group.beginGeneration(clocks.logical.now())
    const { generationId, size } = group
    logger.info({ groupId, generationId, members: size }, 'a group has a new generation')
    if (size === 0) return [groupRecord(group, NO_ASSIGNMENTS)]
    this.#answerJoins(group)
    this.#awaitSyncs(group)
    return []
  }

  /** The member is gone; what that means for the others is for the caller to see to. */
  removeMember(group: ClassicGroup, member: ClassicMember): void {
    // It learns that it has to join anew, if it is still there.
    member.refuse(ErrorCode.UNKNOWN_MEMBER_ID, '')
    this.sessions.end(group, member.memberId)
    group.remove(member.memberId)
  }

  /** Nobody waits for the assignment of this generation any more. */
  refuseSyncs(group: ClassicGroup, error: ErrorCode): void {
    for (const member of group.members()) {
      member.clearAssignment()
      if (member.completeSync(refusedSync(error))) this.sessions.begin(group, member)
    }
  }

  /** Ends the wait for members who don't ask for their assignment. */
  endSyncPhase(group: ClassicGroup): void {
    group.pendingSyncs.clear()
    this.services.context.timers.cancel(syncTimer(group.groupId))
  }

  /** A group is forgotten: so are its timers. */
  forget(group: ClassicGroup): void {
    const { timers } = this.services.context
    timers.cancel(joinTimer(group.groupId))
    timers.cancel(syncTimer(group.groupId))
    for (const member of group.members()) this.sessions.end(group, member.memberId)
    for (const memberId of group.pendingJoins) this.sessions.end(group, memberId)
  }

  #completeJoinOrWait(group: ClassicGroup): readonly CoordinatorRecord[] {
    if (group.allMembersJoined) return this.completeJoin(group)
    this.#waitForJoins(group)
    return []
  }

  #waitForJoins(group: ClassicGroup): void {
    this.#setTimer(group, joinTimer(group.groupId), group.rebalanceTimeoutMs, () =>
      this.completeJoin(group),
    )
  }

  #delayInitial(group: ClassicGroup, delayMs: number, remainingMs: number): void {
    this.#setTimer(group, joinTimer(group.groupId), delayMs, () => {
      if (!group.newMemberAdded || remainingMs === 0) return this.completeJoin(group)
      group.newMemberAdded = false
      const nextDelayMs = Math.min(this.services.config.groupInitialRebalanceDelayMs, remainingMs)
      this.#delayInitial(group, nextDelayMs, Math.max(remainingMs - delayMs, 0))
      return []
    })
  }

  #answerJoins(group: ClassicGroup): void {
    for (const member of group.members()) {
      member.completeJoin(joinAnswer(group, member.memberId))
      this.sessions.begin(group, member)
      member.isNew = false
      group.pendingSyncs.add(member.memberId)
    }
  }

  #awaitSyncs(group: ClassicGroup): void {
    const { generationId } = group
    this.#setTimer(group, syncTimer(group.groupId), group.rebalanceTimeoutMs, () => {
      if (group.generationId !== generationId || group.pendingSyncs.size === 0) return []
      if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return []
      const absent = [...group.pendingSyncs]
      for (const memberId of absent) {
        const member = group.member(memberId)
        if (member !== undefined) this.removeMember(group, member)
      }
      return this.prepare(group, `${absent.join(', ')} did not ask for the assignment in time`)
    })
  }

  /** All of these are what real clients wait for, so they run on the pacing clock. */
  #setTimer(
    group: ClassicGroup,
    name: string,
    delayMs: number,
    act: () => readonly CoordinatorRecord[],
  ): void {
    const { clocks, context, groups } = this.services
    context.timers.set(name, clocks.pacing, delayMs, group.groupId, (): Outcome<void> => {
      if (groups.get(group.groupId) !== group) return NOTHING
      return { records: act(), response: undefined }
    })
  }
}

/** What a member learns of the generation; its leader learns of everybody. */
export function joinAnswer(group: ClassicGroup, memberId: string): JoinAnswer {
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    generationId: group.generationId,
    protocolType: group.protocolType ?? null,
    protocolName: group.protocolName ?? null,
    leader: group.leaderId ?? '',
    skipAssignment: false,
    memberId,
    members: group.isLeader(memberId) ? group.joinedMembers() : [],
  }
}
