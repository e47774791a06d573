import type { Operation } from '../../runtime/state-machine.js'
import type { GroupServices } from '../group-services.js'
import type { ClassicGroup } from './classic-group.js'
import type { ClassicMember } from './classic-member.js'

/**
 * For how long a new member may wait to be let in, ms. It has no id yet to send heartbeats with, and
 * whether its connection still lives can't be seen; a member that is still there asks again.
 */
export const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60_000

/** What happens to a member whose session is over. */
export type SessionExpiry = (group: ClassicGroup, memberId: string) => ReturnType<Operation<void>>

/** The sessions of members: each heartbeat begins one anew. */
export class MemberSessions {
  constructor(
    private readonly services: GroupServices,
    private readonly onExpired: SessionExpiry,
  ) {}

  begin(group: ClassicGroup, { memberId, sessionTimeoutMs }: ClassicMember): void {
    const { logical } = this.services.clocks
    this.#set(group, memberId, logical, sessionTimeoutMs)
  }

  /** For one that was given an id and is to join with it. */
  beginPending(group: ClassicGroup, memberId: string, sessionTimeoutMs: number): void {
    this.#set(group, memberId, this.services.clocks.logical, sessionTimeoutMs)
  }

  /** For a new member, as long as it waits. */
  beginJoining(group: ClassicGroup, { memberId }: ClassicMember): void {
    this.#set(group, memberId, this.services.clocks.pacing, NEW_MEMBER_JOIN_TIMEOUT_MS)
  }

  end(group: ClassicGroup, memberId: string): void {
    this.services.context.timers.cancel(timerName(group.groupId, memberId))
  }

  #set(
    group: ClassicGroup,
    memberId: string,
    clock: GroupServices['clocks']['logical'],
    delayMs: number,
  ): void {
    const name = timerName(group.groupId, memberId)
    this.services.context.timers.set(name, clock, delayMs, group.groupId, () =>
      this.onExpired(group, memberId),
    )
  }
}

// Both ids may hold any character.
function timerName(groupId: string, memberId: string): string {
  return `session ${groupId.length} ${groupId} ${memberId}`
}
