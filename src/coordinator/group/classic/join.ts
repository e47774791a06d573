import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import type { JoinGroupRequest } from '../../../protocol/schema/join-group.js'
import { asResponseError } from '../../response-error.js'
import type { CoordinatorRecord } from '../../runtime/record.js'
import type { Outcome } from '../../runtime/state-machine.js'
import type { GroupRequestContext } from '../group-context.js'
import { newGroupRecord, tombstonesOf } from '../group-records.js'
import type { GroupServices } from '../group-services.js'
import { rfcUuid } from '../member-id.js'
import {
  type JoinAnswer,
  refusedJoin,
  UNKNOWN_MEMBER_ID,
  VERSION_WITH_REQUIRED_MEMBER_ID,
} from './answers.js'
import type { ClassicGroup } from './classic-group.js'
import { ClassicMember, type MemberProtocol } from './classic-member.js'
import { joinAnswer, type Rebalance } from './rebalance.js'
import type { MemberSessions } from './sessions.js'
import { StaticRejoin } from './static-rejoin.js'

/** How many members of a group may have been given an id that they haven't joined with yet. */
export const MAX_PENDING_MEMBERS = 10_000

/** One JoinGroup request, with what it says in a form of our own. */
export interface Joining {
  readonly apiVersion: number
  readonly group: ClassicGroup
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  readonly protocols: readonly MemberProtocol[]
  /** Why the client joins, as it says (KIP-800). */
  readonly reason: string
}

/** JoinGroup (Kafka's `GroupMetadataManager.classicGroupJoin`). */
export class JoinGroup {
  readonly #staticRejoin: StaticRejoin

  constructor(
    private readonly services: GroupServices,
    private readonly sessions: MemberSessions,
    private readonly rebalance: Rebalance,
  ) {
    this.#staticRejoin = new StaticRejoin(services, sessions, rebalance)
  }

  run(context: GroupRequestContext, request: JoinGroupRequest): Outcome<JoinAnswer> {
    const { clocks, groups } = this.services
    const { groupId, memberId } = request
    const consumerGroup = groups.consumer.get(groupId)
    if (groups.foreign.has(groupId) || consumerGroup?.isEmpty === false) {
      return refuse(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    }
    const known = groups.get(groupId)
    if (known !== undefined) return this.#join(joiningOf(context, request, known))
    // With an id it was a member of a group that is not there any more.
    if (memberId !== UNKNOWN_MEMBER_ID) return refuse(ErrorCode.UNKNOWN_MEMBER_ID, memberId)
    const group = groups.create(groupId, clocks.logical.now())
    const outcome = this.#join(joiningOf(context, request, group))
    // It takes the place of a consumer group without members.
    const tombstones = consumerGroup === undefined ? [] : tombstonesOf(consumerGroup)
    if (outcome.records.length > 0) {
      return { ...outcome, records: [...tombstones, ...outcome.records] }
    }
    // A group that exists has something on the log, so that whoever leads next knows of it.
    return {
      records: [...tombstones, newGroupRecord(group)],
      response: outcome.response,
      completed: (error) => {
        if (error !== null) this.#discard(group, error)
      },
    }
  }

  #join(joining: Joining): Outcome<JoinAnswer> {
    const { group, memberId } = joining
    if (!this.#hasRoom(joining)) {
      group.remove(memberId)
      this.sessions.end(group, memberId)
      const refusal = refuse(ErrorCode.GROUP_MAX_SIZE_REACHED)
      // The others may have waited for this one only.
      return { ...refusal, records: this.rebalance.maybeCompleteJoin(group) }
    }
    if (!group.supportsProtocols(joining.protocolType, joining.protocols)) {
      return refuse(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId)
    }
    return memberId === UNKNOWN_MEMBER_ID ? this.#joinNew(joining) : this.#joinKnown(joining)
  }

  /** Whether `group.max.size` allows for it. While members join again, the first ones are served. */
  #hasRoom({ group, memberId }: Joining): boolean {
    const max = this.services.config.groupMaxSize
    switch (group.state) {
      case 'Empty':
        return true
      case 'PreparingRebalance':
        return group.member(memberId)?.isAwaitingJoin || group.awaitingJoinCount < max
      case 'CompletingRebalance':
      case 'Stable':
        return group.member(memberId) !== undefined || group.size < max
    }
  }

  #joinNew(joining: Joining): Outcome<JoinAnswer> {
    const { group, groupInstanceId, clientId, apiVersion } = joining
    const memberId = `${groupInstanceId ?? clientId}-${rfcUuid(this.services.random)}`
    if (groupInstanceId !== null) {
      const existing = group.staticMemberId(groupInstanceId)
      if (existing === undefined) return this.#add(joining, memberId)
      return this.#staticRejoin.run(joining, group.member(existing)!, memberId)
    }
    if (apiVersion < VERSION_WITH_REQUIRED_MEMBER_ID) return this.#add(joining, memberId)
    if (group.pendingJoins.size >= MAX_PENDING_MEMBERS) {
      return refuse(ErrorCode.GROUP_MAX_SIZE_REACHED)
    }
    group.pendingJoins.add(memberId)
    this.sessions.beginPending(group, memberId, joining.sessionTimeoutMs)
    return refuse(ErrorCode.MEMBER_ID_REQUIRED, memberId)
  }

  #joinKnown(joining: Joining): Outcome<JoinAnswer> {
    const { group, memberId, groupInstanceId, protocols, reason } = joining
    if (group.pendingJoins.has(memberId)) {
      if (groupInstanceId === null) return this.#add(joining, memberId)
      // Only dynamic members are given an id to join with. Kafka fails on this, and says nothing of it.
      return refuse(ErrorCode.UNKNOWN_SERVER_ERROR)
    }
    const member = memberOrRefusal(group, memberId, groupInstanceId)
    if (!(member instanceof ClassicMember)) return refuse(member, memberId)
    switch (group.state) {
      case 'PreparingRebalance':
        return this.#rejoin(joining, member, `${memberId} joins; ${reason}`)
      case 'CompletingRebalance':
        // It may not have received the answer.
        if (member.matches(protocols)) return answer(joinAnswer(group, memberId))
        return this.#rejoin(joining, member, `${memberId} changes what it offers; ${reason}`)
      case 'Stable':
        // The leader does so when what it assigns has changed, partitions of topics for instance.
        if (group.isLeader(memberId)) {
          return this.#rejoin(joining, member, `leader ${memberId} joins again; ${reason}`)
        }
        if (!member.matches(protocols)) {
          return this.#rejoin(joining, member, `${memberId} changes what it offers; ${reason}`)
        }
        return answer({ ...joinAnswer(group, memberId), members: [] })
      default:
        return refuse(ErrorCode.UNKNOWN_MEMBER_ID, memberId)
    }
  }

  #add(joining: Joining, memberId: string): Outcome<JoinAnswer> {
    const { group, groupInstanceId } = joining
    const member = new ClassicMember({ ...joining, memberId })
    member.isNew = true
    if (group.state === 'PreparingRebalance' && group.previousState === 'Empty') {
      group.newMemberAdded = true
    }
    group.add(member, joining.protocolType)
    const response = member.awaitJoin()
    this.sessions.beginJoining(group, member)
    const who = groupInstanceId === null ? memberId : `${memberId} (${groupInstanceId})`
    const records = this.rebalance.prepareOrCompleteJoin(
      group,
      `new member ${who}; ${joining.reason}`,
    )
    return { records, response }
  }

  #rejoin(joining: Joining, member: ClassicMember, reason: string): Outcome<JoinAnswer> {
    const { group, protocols, rebalanceTimeoutMs, sessionTimeoutMs } = joining
    group.updateMember(member, protocols, rebalanceTimeoutMs, sessionTimeoutMs)
    const response = member.awaitJoin()
    const records: readonly CoordinatorRecord[] = this.rebalance.prepareOrCompleteJoin(
      group,
      reason,
    )
    return { records, response }
  }

  /** A new group couldn't be written: it never was. */
  #discard(group: ClassicGroup, error: KafkaError): void {
    const { groups } = this.services
    const { code } = asResponseError(error)
    for (const member of group.members()) member.refuse(code)
    this.rebalance.forget(group)
    if (groups.get(group.groupId) === group) groups.classic.delete(group.groupId)
  }
}

function memberOrRefusal(
  group: ClassicGroup,
  memberId: string,
  groupInstanceId: string | null,
): ClassicMember | ErrorCode {
  try {
    return group.requireMember(memberId, groupInstanceId)
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
}

function joiningOf(
  { apiVersion, clientId, clientAddress }: GroupRequestContext,
  request: JoinGroupRequest,
  group: ClassicGroup,
): Joining {
  return {
    apiVersion,
    group,
    memberId: request.memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: clientId ?? '',
    clientHost: `/${clientAddress}`,
    sessionTimeoutMs: request.sessionTimeoutMs,
    // Version 0 has one timeout for both.
    rebalanceTimeoutMs: apiVersion === 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs,
    protocolType: request.protocolType,
    // Copies: what is kept must not keep the request's bytes.
    protocols: request.protocols.map(({ name, metadata }) => ({
      name,
      metadata: Buffer.from(metadata),
    })),
    reason: request.reason ?? 'no reason given',
  }
}

function answer(response: JoinAnswer): Outcome<JoinAnswer> {
  return { records: [], response }
}

function refuse(errorCode: ErrorCode, memberId = UNKNOWN_MEMBER_ID): Outcome<JoinAnswer> {
  return answer(refusedJoin(errorCode, memberId))
}
