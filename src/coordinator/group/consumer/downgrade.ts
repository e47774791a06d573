import { DecodeError } from '../../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import type { CoordinatorRecord } from '../../runtime/record.js'
import { ClassicGroup } from '../classic/classic-group.js'
import { ClassicMember } from '../classic/classic-member.js'
import { groupRecord } from '../group-records.js'
import type { GroupServices } from '../group-services.js'
import { type ConsumerGroup, NO_TARGET } from './consumer-group.js'
import { type ConsumerGroupMember, usesClassicProtocol } from './consumer-group-member.js'
import { encodeAssignment } from './embedded-protocol.js'
import { migrationPolicy } from './migration-policy.js'
import { groupTombstones } from './records.js'

/** A static member that joins in place of the one that it was. */
export interface Replacement {
  readonly former: ConsumerGroupMember
  readonly joining: ConsumerGroupMember
}

/**
 * Makes a classic group of a consumer group: the last member with the consumer protocol is gone
 * (KIP-848; Kafka's `GroupMetadataManager.convertToClassicGroup`). The classic group takes the place of
 * the other one when its record is replayed.
 */
export class Downgrade {
  constructor(private readonly services: GroupServices) {}

  /** Whether only members with the classic protocol are left without these, at least one of them. */
  isDueWithout(group: ConsumerGroup, leaving: readonly ConsumerGroupMember[]): boolean {
    const classicLeaving = leaving.filter(usesClassicProtocol).length
    const left = group.size - leaving.length
    if (group.classicMemberCount - classicLeaving !== left || left <= 0) return false
    return this.#isAllowed(left)
  }

  /** Whether all members use the classic protocol but this one, in whose place one comes that does. */
  isDueReplacing(group: ConsumerGroup, replaced: ConsumerGroupMember): boolean {
    if (usesClassicProtocol(replaced) || group.classicMemberCount !== group.size - 1) return false
    return this.#isAllowed(group.size)
  }

  /**
   * The records that do it; with a reason, the classic group begins with a rebalance.
   *
   * @throws KafkaError GROUP_ID_NOT_FOUND
   */
  withoutMembers(
    group: ConsumerGroup,
    leaving: readonly ConsumerGroupMember[],
    rebalanceReason: string,
  ): CoordinatorRecord[] {
    const gone = new Set(leaving.map(({ memberId }) => memberId))
    const members = group.membersInOrder().filter(({ memberId }) => !gone.has(memberId))
    return this.#convert(group, members, undefined, rebalanceReason)
  }

  /** @throws KafkaError GROUP_ID_NOT_FOUND */
  withReplacement(
    group: ConsumerGroup,
    replacement: Replacement,
    rebalanceReason: string | undefined,
  ): CoordinatorRecord[] {
    const { former, joining } = replacement
    const others = group.membersInOrder().filter(({ memberId }) => memberId !== former.memberId)
    return this.#convert(group, [...others, joining], replacement, rebalanceReason)
  }

  #isAllowed(members: number): boolean {
    const { consumerGroupMigrationPolicy, groupMaxSize } = this.services.config
    return migrationPolicy(consumerGroupMigrationPolicy).allowsDowngrade && members <= groupMaxSize
  }

  /** @param members the first of whom will lead, as in Kafka */
  #convert(
    group: ConsumerGroup,
    members: readonly ConsumerGroupMember[],
    replacement: Replacement | undefined,
    rebalanceReason: string | undefined,
  ): CoordinatorRecord[] {
    const { clocks, groups } = this.services
    const classic = new ClassicGroup(group.groupId, clocks.logical.now())
    classic.adopt(group.groupEpoch, members.map(classicMember), clocks.logical.now())
    try {
      for (const member of classic.members()) {
        member.assignment = this.#assignmentOf(group, classic, member, replacement)
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      throw new KafkaError(
        ErrorCode.GROUP_ID_NOT_FOUND,
        `Cannot downgrade the classic group ${group.groupId}: ${error.message}.`,
      )
    }
    const assignments = new Map(
      [...classic.members()].map((each) => [each.memberId, each.assignment]),
    )
    const record = groupRecord(classic, assignments)
    groups.downgraded.set(record.value as object, { group: classic, rebalanceReason })
    return [...groupTombstones(group, tombstoneIds(group, replacement)), record]
  }

  #assignmentOf(
    group: ConsumerGroup,
    classic: ClassicGroup,
    { memberId, protocols }: ClassicMember,
    replacement: Replacement | undefined,
  ): Buffer {
    const holder =
      replacement?.joining.memberId === memberId ? replacement.former.memberId : memberId
    const target = group.targetAssignment.get(holder) ?? NO_TARGET
    const subscription = protocols.find(({ name }) => name === classic.protocolName)!.metadata
    return encodeAssignment(target, subscription, this.services.metadata)
  }
}

/** By the time it is read, the log has the member that joins in place of the former one. */
function tombstoneIds(group: ConsumerGroup, replacement: Replacement | undefined): string[] {
  return [...group.members.keys()].map((memberId) =>
    memberId === replacement?.former.memberId ? replacement.joining.memberId : memberId,
  )
}

function classicMember(member: ConsumerGroupMember): ClassicMember {
  const { sessionTimeoutMs, supportedProtocols } = member.classicMemberMetadata!
  return new ClassicMember({
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    sessionTimeoutMs,
    protocols: supportedProtocols,
  })
}
