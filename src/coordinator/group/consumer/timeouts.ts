import { ErrorCode, type KafkaError } from '../../../protocol/errors.js'
import { NOTHING, type Operation, type Outcome } from '../../runtime/state-machine.js'
import type { GroupServices } from '../group-services.js'
import type { ConsumerGroup } from './consumer-group.js'
import { type ConsumerGroupMember, MemberState } from './consumer-group-member.js'
import type { Fencing } from './fencing.js'
import type { ConsumerGroupSettings } from './group-settings.js'

/** When a member couldn't be fenced, because its records couldn't be appended, it is tried again. */
const RETRY_BACKOFF_MS = 500

/** What a member has no time for any more: soft state, begun anew where the group is loaded. */
export class MemberTimeouts {
  constructor(
    private readonly services: GroupServices,
    private readonly settings: ConsumerGroupSettings,
    private readonly fencing: Fencing,
  ) {}

  /** The group was loaded: its members have a session's time to report. */
  begin(group: ConsumerGroup): void {
    for (const member of group.members.values()) {
      this.beginSession(group.groupId, member.memberId)
      this.afterReconciliation(group.groupId, member)
    }
  }

  /**
   * A heartbeat begins a session anew.
   *
   * @param delayMs what a member of the classic protocol asks for; the others are told the group's
   */
  beginSession(
    groupId: string,
    memberId: string,
    delayMs = this.settings.sessionTimeoutMs(groupId),
  ): void {
    const { clocks, context } = this.services
    const name = timerName('session', groupId, memberId)
    const expire = (): Outcome<void> =>
      this.#fence(name, groupId, memberId, 'its session is over', expire)
    context.timers.set(name, clocks.logical, delayMs, groupId, expire)
  }

  /** A member that is to give up partitions has its rebalance timeout for that. */
  afterReconciliation(groupId: string, member: ConsumerGroupMember): void {
    const { clocks, context } = this.services
    const { memberId, memberEpoch, rebalanceTimeoutMs } = member
    const name = timerName('rebalance', groupId, memberId)
    if (member.state !== MemberState.UNREVOKED_PARTITIONS) {
      context.timers.cancel(name)
      return
    }
    const why = `it has not come from epoch ${memberEpoch} to the next in ${rebalanceTimeoutMs} ms`
    const expire = (): Outcome<void> => {
      const current = this.services.groups.consumer.get(groupId)?.member(memberId)
      // What it was to be told may not have come to the log.
      const isRevoking = current?.state === MemberState.UNREVOKED_PARTITIONS
      if (!isRevoking || current.memberEpoch !== memberEpoch) return NOTHING
      return this.#fence(name, groupId, memberId, why, expire)
    }
    // It is what a real client does with its records that takes so long.
    context.timers.set(name, clocks.pacing, rebalanceTimeoutMs, groupId, expire)
  }

  /** A member of the classic protocol was told to join again: it has its rebalance timeout for that. */
  beginJoin(groupId: string, member: ConsumerGroupMember): void {
    const name = timerName('join', groupId, member.memberId)
    if (this.services.context.timers.has(name)) return
    this.#fenceAfterRebalanceTimeout(name, groupId, member, 'it has not joined again in time')
  }

  endJoin(groupId: string, memberId: string): void {
    this.services.context.timers.cancel(timerName('join', groupId, memberId))
  }

  /** A member of the classic protocol has joined: it is to ask for its assignment. */
  beginSync(groupId: string, member: ConsumerGroupMember): void {
    const name = timerName('sync', groupId, member.memberId)
    this.#fenceAfterRebalanceTimeout(name, groupId, member, 'it has not synced in time')
  }

  endSync(groupId: string, memberId: string): void {
    this.services.context.timers.cancel(timerName('sync', groupId, memberId))
  }

  /** The member is gone from the log. */
  end(groupId: string, memberId: string): void {
    const { timers } = this.services.context
    timers.cancel(timerName('session', groupId, memberId))
    timers.cancel(timerName('rebalance', groupId, memberId))
    timers.cancel(timerName('join', groupId, memberId))
    timers.cancel(timerName('sync', groupId, memberId))
  }

  #fenceAfterRebalanceTimeout(
    name: string,
    groupId: string,
    { memberId, rebalanceTimeoutMs }: ConsumerGroupMember,
    why: string,
  ): void {
    const { clocks, context } = this.services
    const expire = (): Outcome<void> => this.#fence(name, groupId, memberId, why, expire)
    context.timers.set(name, clocks.pacing, rebalanceTimeoutMs, groupId, expire)
  }

  #fence(
    timer: string,
    groupId: string,
    memberId: string,
    why: string,
    again: Operation<void>,
  ): Outcome<void> {
    const { groups, logger } = this.services
    const group = groups.consumer.get(groupId)
    const member = group?.member(memberId)
    if (group === undefined || member === undefined) return NOTHING
    logger.info({ groupId, memberId }, `a member is fenced: ${why}`)
    return {
      records: this.fencing.fence(group, [member]),
      response: undefined,
      completed: (error) => this.#retry(error, timer, groupId, again),
    }
  }

  #retry(error: KafkaError | null, timer: string, groupId: string, again: Operation<void>): void {
    if (error === null || error.code === ErrorCode.NOT_COORDINATOR) return
    const { clocks, context } = this.services
    if (context.timers.has(timer)) return
    context.timers.set(timer, clocks.pacing, RETRY_BACKOFF_MS, groupId, again)
  }
}

// Both ids may hold any character.
function timerName(
  what: 'session' | 'rebalance' | 'join' | 'sync',
  groupId: string,
  memberId: string,
): string {
  return `consumer ${what} ${groupId.length} ${groupId} ${memberId}`
}
