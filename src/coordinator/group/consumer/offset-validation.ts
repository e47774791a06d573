import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import type { ConsumerGroup } from './consumer-group.js'
import { type ConsumerGroupMember, usesClassicProtocol } from './consumer-group-member.js'

/** Somebody who commits offsets, as the request says. */
export interface Committer {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationIdOrMemberEpoch: number
}

/**
 * Decides whether an offset may be committed for a partition (Kafka's `CommitPartitionValidator`).
 *
 * @throws KafkaError with which the whole request is refused
 */
export type PartitionCommitValidator = (topic: string, topicId: string, partition: number) => void

/** Lets everything through. */
export const ANY_PARTITION: PartitionCommitValidator = () => {}

/** From this version on, clients know STALE_MEMBER_EPOCH (KIP-848). */
const VERSION_WITH_MEMBER_EPOCH = 9

/**
 * Who may commit (Kafka's `ConsumerGroup.validateOffsetCommit`): members; and, as long as nobody is a
 * member, everybody who doesn't claim to be one. A member that hasn't learned of its new epoch yet may,
 * for what it has had since before that (KIP-1251).
 *
 * @param isTransactional for TxnOffsetCommit, where nobody need be a member
 * @throws KafkaError UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH, ILLEGAL_GENERATION, UNSUPPORTED_VERSION
 */
export function validateOffsetCommit(
  group: ConsumerGroup,
  { memberId, groupInstanceId, generationIdOrMemberEpoch: epoch }: Committer,
  apiVersion: number,
  isTransactional: boolean,
): PartitionCommitValidator {
  if (epoch < 0 && group.isEmpty) return ANY_PARTITION
  const isNobody = epoch === -1 && memberId === '' && groupInstanceId === null
  if (isTransactional && isNobody) return ANY_PARTITION
  const member = group.requireMember(memberId)
  if (!isTransactional && !usesClassicProtocol(member) && apiVersion < VERSION_WITH_MEMBER_EPOCH) {
    throw new KafkaError(
      ErrorCode.UNSUPPORTED_VERSION,
      'OffsetCommit version 9 or above must be used by members using the consumer group protocol',
    )
  }
  if (epoch === member.memberEpoch) return ANY_PARTITION
  if (epoch > member.memberEpoch) {
    throw stale(member, `${epoch} is newer than the member's ${member.memberEpoch}`)
  }
  return (topic, topicId, partition) => {
    const assignedAt =
      member.assignedPartitions.get(topicId)?.get(partition) ??
      member.partitionsPendingRevocation.get(topicId)?.get(partition)
    if (assignedAt === undefined) throw stale(member, `it doesn't have ${topic}-${partition}`)
    if (epoch < assignedAt) {
      throw stale(member, `${epoch} is older than its assignment of ${topic}-${partition}`)
    }
  }
}

/**
 * Who may fetch offsets: members, and everybody who doesn't claim to be one (Kafka's
 * `ConsumerGroup.validateOffsetFetch`).
 *
 * @throws KafkaError UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH, ILLEGAL_GENERATION,
 *   UNKNOWN_SERVER_ERROR
 */
export function validateOffsetFetch(
  group: ConsumerGroup,
  memberId: string | null,
  memberEpoch: number,
): void {
  if (memberId === null && memberEpoch < 0) return
  // Kafka fails on a member without an id, and says nothing of it.
  if (memberId === null) throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR)
  const member = group.requireMember(memberId)
  if (memberEpoch === member.memberEpoch) return
  throw stale(member, `${memberEpoch} isn't the member's ${member.memberEpoch}`)
}

function stale(member: ConsumerGroupMember, why: string): KafkaError {
  return usesClassicProtocol(member)
    ? new KafkaError(ErrorCode.ILLEGAL_GENERATION, `the generation: ${why}`)
    : new KafkaError(ErrorCode.STALE_MEMBER_EPOCH, `the member epoch: ${why}`)
}
