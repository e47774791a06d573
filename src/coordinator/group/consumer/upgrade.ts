import { DecodeError } from '../../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import type { CoordinatorRecord } from '../../runtime/record.js'
import type { ClassicGroup } from '../classic/classic-group.js'
import type { ClassicMember } from '../classic/classic-member.js'
import { groupTombstone } from '../group-records.js'
import type { GroupServices } from '../group-services.js'
import type { MemberAssignment } from './assignor.js'
import { ConsumerGroup, NO_TARGET } from './consumer-group.js'
import {
  atEpoch,
  type ConsumerGroupMember,
  MemberState,
  newMember,
} from './consumer-group-member.js'
import { byTopicId, decodeAssignment, decodeSubscription } from './embedded-protocol.js'
import { migrationPolicy } from './migration-policy.js'
import {
  currentAssignmentRecord,
  groupEpochRecord,
  memberSubscriptionRecord,
  targetAssignmentMetadataRecord,
  targetAssignmentRecord,
} from './records.js'
import type { MemberTimeouts } from './timeouts.js'

/** A classic group on its way to a consumer group. */
export interface Upgraded {
  /** As it will be once the records are on the log. */
  readonly group: ConsumerGroup
  readonly records: readonly CoordinatorRecord[]
  /** The records are committed: whoever waits in the classic group is to come back. */
  readonly completed: () => void
}

/**
 * Makes a consumer group of a classic group of consumers: the first member with the consumer protocol
 * has come (KIP-848; Kafka's `GroupMetadataManager.convertToConsumerGroup`). The members go on with what
 * they have, and with the classic protocol.
 */
export class Upgrade {
  constructor(
    private readonly services: GroupServices,
    private readonly timeouts: MemberTimeouts,
  ) {}

  /**
   * @throws KafkaError GROUP_ID_NOT_FOUND when the group may not be one, or can't,
   *   COORDINATOR_LOAD_IN_PROGRESS when its assignment isn't known yet
   */
  run(classic: ClassicGroup): Upgraded {
    this.#requireUpgradable(classic)
    // Members are about to be told what they have: they mustn't be taken for having something else.
    if (classic.isAssigning) throw new KafkaError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
    const group = this.#convert(classic)
    return {
      group,
      records: [groupTombstone(group.groupId), ...recordsOf(group)],
      completed: () => {
        for (const member of classic.members()) member.refuse(ErrorCode.REBALANCE_IN_PROGRESS)
        for (const { memberId, classicMemberMetadata } of group.members.values()) {
          const { sessionTimeoutMs } = classicMemberMetadata!
          this.timeouts.beginSession(group.groupId, memberId, sessionTimeoutMs)
        }
      },
    }
  }

  #requireUpgradable(classic: ClassicGroup): void {
    const { consumerGroupMigrationPolicy, consumerGroupMaxSize } = this.services.config
    if (!migrationPolicy(consumerGroupMigrationPolicy).allowsUpgrade) {
      throw cannotUpgrade(classic, 'online upgrade is disabled')
    }
    if (!classic.usesConsumerProtocol) {
      throw cannotUpgrade(classic, 'the group does not use the consumer embedded protocol')
    }
    if (classic.size > consumerGroupMaxSize) {
      throw cannotUpgrade(classic, 'the group size exceeds the consumer group maximum size')
    }
  }

  #convert(classic: ClassicGroup): ConsumerGroup {
    const { groupId, generationId } = classic
    const group = new ConsumerGroup(groupId)
    group.groupEpoch = generationId
    group.assignmentEpoch = generationId
    try {
      for (const member of classic.members()) {
        const assignment = this.#assignmentOf(classic, member)
        group.targetAssignment.set(member.memberId, assignment)
        group.putMember(converted(classic, member, assignment))
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      throw cannotUpgrade(classic, 'the embedded consumer protocol is malformed')
    }
    group.metadataHash = this.services.topicHashes.ofGroup(group.subscribedTopicNames.keys())
    return group
  }

  #assignmentOf(classic: ClassicGroup, { assignment }: ClassicMember): MemberAssignment {
    if (assignment.length === 0) return NO_TARGET
    const { assignedPartitions, userData } = decodeAssignment(assignment)
    if (userData !== null && userData.length > 0) {
      throw cannotUpgrade(
        classic,
        'an unsupported custom assignor is in use. Please refer to the documentation ' +
          'or switch to a default assignor before re-attempting the upgrade',
      )
    }
    return byTopicId(assignedPartitions, this.services.metadata)
  }
}

function converted(
  { generationId, protocolName }: ClassicGroup,
  member: ClassicMember,
  assignment: MemberAssignment,
): ConsumerGroupMember {
  const { memberId, groupInstanceId, clientId, clientHost, rebalanceTimeoutMs } = member
  const { topics, rackId } = decodeSubscription(member.metadata(protocolName ?? ''))
  return {
    ...newMember(memberId),
    memberEpoch: generationId,
    previousMemberEpoch: generationId,
    state: MemberState.STABLE,
    instanceId: groupInstanceId,
    rackId: rackId || null,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    subscribedTopicNames: new Set(topics),
    assignedPartitions: atEpoch(assignment, generationId),
    classicMemberMetadata: {
      sessionTimeoutMs: member.sessionTimeoutMs,
      supportedProtocols: [...member.protocols],
    },
  }
}

/** All that is to be kept of a group that wasn't one before. */
function recordsOf(group: ConsumerGroup): CoordinatorRecord[] {
  const { groupId, groupEpoch, metadataHash, assignmentEpoch, assignmentTimestampMs } = group
  const members = [...group.members.values()]
  return [
    ...members.map((member) => memberSubscriptionRecord(groupId, member)),
    groupEpochRecord(groupId, groupEpoch, metadataHash),
    ...members.map((member) =>
      targetAssignmentRecord(groupId, member.memberId, group.targetOf(member)),
    ),
    targetAssignmentMetadataRecord(groupId, assignmentEpoch, assignmentTimestampMs),
    ...members.map((member) => currentAssignmentRecord(groupId, member)),
  ]
}

function cannotUpgrade({ groupId }: ClassicGroup, because: string): KafkaError {
  return new KafkaError(
    ErrorCode.GROUP_ID_NOT_FOUND,
    `Cannot upgrade classic group ${groupId} to consumer group because ${because}.`,
  )
}
