import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import type { HeartbeatRequest } from '../../../protocol/schema/heartbeat.js'
import type { LeaveGroupRequest } from '../../../protocol/schema/leave-group.js'
import type { SyncGroupRequest } from '../../../protocol/schema/sync-group.js'
import type { Outcome } from '../../runtime/state-machine.js'
import type { SyncAnswer } from '../classic/answers.js'
import { CONSUMER_PROTOCOL_TYPE } from '../classic/classic-group.js'
import type { LeaveAnswer } from '../classic/leave.js'
import type { GroupServices } from '../group-services.js'
import type { ConsumerGroup } from './consumer-group.js'
import {
  type ClassicProtocolMember,
  type ConsumerGroupMember,
  MemberState,
  usesClassicProtocol,
} from './consumer-group-member.js'
import { encodeAssignment } from './embedded-protocol.js'
import type { Fencing } from './fencing.js'
import { requireStaticMember } from './membership.js'
import type { MemberTimeouts } from './timeouts.js'

/**
 * What members of consumer groups ask that speak the classic protocol, beside joining: their epoch is
 * a generation to them, a rebalance is one that each goes through on its own, and what they are to
 * have is assigned here instead of by a leader (KIP-848, online migration).
 */
export class ClassicProtocolMembers {
  constructor(
    private readonly services: GroupServices,
    private readonly timeouts: MemberTimeouts,
    private readonly fencing: Fencing,
  ) {}

  /**
   * SyncGroup: what the member has now.
   *
   * @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION,
   *   INCONSISTENT_GROUP_PROTOCOL, REBALANCE_IN_PROGRESS
   */
  sync(group: ConsumerGroup, request: SyncGroupRequest): Outcome<SyncAnswer> {
    const { protocolType, protocolName } = request
    const member = requireClassicMember(group, request)
    requireGeneration(member, request.generationId)
    requireProtocol(member, protocolType, protocolName)
    this.#requireNoRebalance(group, member)
    const [{ metadata: subscription }] = protocolsOf(member)
    const { sessionTimeoutMs } = member.classicMemberMetadata
    return {
      records: [],
      response: {
        throttleTimeMs: 0,
        errorCode: ErrorCode.NONE,
        protocolType,
        protocolName,
        assignment: encodeAssignment(
          member.assignedPartitions,
          subscription,
          this.services.metadata,
        ),
      },
      completed: (error) => {
        if (error !== null) return
        this.timeouts.endSync(group.groupId, member.memberId)
        this.timeouts.beginSession(group.groupId, member.memberId, sessionTimeoutMs)
      },
    }
  }

  /**
   * Heartbeat: whether the member is to join again, which is also how it is told what to give up.
   *
   * @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION
   */
  heartbeat(group: ConsumerGroup, request: HeartbeatRequest): Outcome<ErrorCode> {
    const member = requireClassicMember(group, request)
    requireGeneration(member, request.generationId)
    const { memberId, memberEpoch, state, classicMemberMetadata } = member
    this.timeouts.beginSession(group.groupId, memberId, classicMemberMetadata.sessionTimeoutMs)
    const mustRejoin =
      memberEpoch < group.assignmentEpoch ||
      state === MemberState.UNREVOKED_PARTITIONS ||
      (state === MemberState.UNRELEASED_PARTITIONS && !group.isWaitingOnUnreleased(member))
    if (mustRejoin) this.timeouts.beginJoin(group.groupId, member)
    const response = mustRejoin ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
    return { records: [], response }
  }

  /** LeaveGroup, of members of either protocol: an administrator removes whomever it wants. */
  leave(group: ConsumerGroup, members: LeaveGroupRequest['members']): Outcome<LeaveAnswer> {
    const left = new Set<ConsumerGroupMember>()
    const answers = members.map(({ memberId, groupInstanceId }) => {
      try {
        left.add(leavingMember(group, memberId, groupInstanceId))
        return { memberId, groupInstanceId, errorCode: ErrorCode.NONE }
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        return { memberId, groupInstanceId, errorCode: error.code }
      }
    })
    return {
      records: this.fencing.fence(group, [...left]),
      response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, members: answers },
    }
  }

  /** @throws KafkaError REBALANCE_IN_PROGRESS: there is a newer assignment */
  #requireNoRebalance(group: ConsumerGroup, member: ClassicProtocolMember): void {
    if (group.assignmentEpoch <= member.memberEpoch) return
    if (member.state === MemberState.UNREVOKED_PARTITIONS) return
    this.timeouts.beginJoin(group.groupId, member)
    throw new KafkaError(
      ErrorCode.REBALANCE_IN_PROGRESS,
      `A new rebalance is triggered in group ${group.groupId} and member ${member.memberId} ` +
        'should rejoin to catch up.',
    )
  }
}

/** The embedded protocols that it offers: the first one is the one it was told of. */
function protocolsOf({ classicMemberMetadata }: ClassicProtocolMember) {
  const [first, ...rest] = classicMemberMetadata.supportedProtocols
  // Nobody joins without one.
  return [first!, ...rest] as const
}

function requireClassicMember(
  group: ConsumerGroup,
  { memberId, groupInstanceId }: Pick<HeartbeatRequest, 'memberId' | 'groupInstanceId'>,
): ClassicProtocolMember {
  const member =
    groupInstanceId === null
      ? group.requireMember(memberId)
      : requireStaticMember(group, memberId, groupInstanceId)
  if (usesClassicProtocol(member)) return member
  throw new KafkaError(
    ErrorCode.UNKNOWN_MEMBER_ID,
    `Member ${memberId} does not use the classic protocol.`,
  )
}

function requireGeneration({ memberId, memberEpoch }: ConsumerGroupMember, generationId: number) {
  if (memberEpoch === generationId) return
  throw new KafkaError(
    ErrorCode.ILLEGAL_GENERATION,
    `The request generation id ${generationId} is not equal to the member epoch ${memberEpoch} ` +
      `of member ${memberId}.`,
  )
}

/** Since version 5 clients say what they take the protocol for (KIP-559). */
function requireProtocol(
  member: ClassicProtocolMember,
  protocolType: string | null,
  protocolName: string | null,
): void {
  const [{ name }] = protocolsOf(member)
  if (protocolType !== null && protocolType !== CONSUMER_PROTOCOL_TYPE) {
    throw inconsistent(
      `The protocol type ${protocolType} from member ${member.memberId} request is not equal ` +
        `to the group protocol type ${CONSUMER_PROTOCOL_TYPE}.`,
    )
  }
  if (protocolName !== null && protocolName !== name) {
    throw inconsistent(
      `The protocol name ${protocolName} from member ${member.memberId} request is not equal ` +
        `to the protocol name ${name} returned in the join response.`,
    )
  }
}

export function inconsistent(message: string): KafkaError {
  return new KafkaError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, message)
}

function leavingMember(
  group: ConsumerGroup,
  memberId: string,
  groupInstanceId: string | null,
): ConsumerGroupMember {
  if (groupInstanceId === null) return group.requireMember(memberId)
  const current = memberId === '' ? group.staticMembers.get(groupInstanceId) : memberId
  return requireStaticMember(group, current ?? memberId, groupInstanceId)
}
