import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import type { OffsetCommitRequest } from '../../../protocol/schema/offset-commit.js'
import type { TxnOffsetCommitRequest } from '../../../protocol/schema/txn-offset-commit.js'
import type { ClassicGroup } from '../classic/classic-group.js'
import type { ClassicGroups } from '../classic/classic-groups.js'
import { ConsumerGroup } from '../consumer/consumer-group.js'
import {
  ANY_PARTITION,
  type Committer,
  type PartitionCommitValidator,
  validateOffsetCommit,
} from '../consumer/offset-validation.js'
import type { GroupServices } from '../group-services.js'

/** From this version on, clients know GROUP_ID_NOT_FOUND (KIP-848). */
const VERSION_WITH_GROUP_ID_NOT_FOUND = 9

/** Who may commit offsets, and for which partitions. */
export class Committers {
  constructor(
    private readonly services: GroupServices,
    private readonly classic: ClassicGroups,
  ) {}

  /**
   * To commit is a sign of life, too.
   *
   * @throws KafkaError
   */
  require(apiVersion: number, request: OffsetCommitRequest): PartitionCommitValidator {
    const { groups } = this.services
    const { groupId, memberId, generationIdOrMemberEpoch: generation } = request
    if (groups.foreign.has(groupId)) throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID)
    const group = groups.find(groupId)
    if (group instanceof ConsumerGroup) {
      return validateOffsetCommit(group, request, apiVersion, false)
    }
    if (group !== undefined) {
      requireClassic(group, request)
      this.classic.keepAlive(group, memberId)
    } else if (generation >= 0) {
      throw new KafkaError(
        apiVersion >= VERSION_WITH_GROUP_ID_NOT_FOUND
          ? ErrorCode.GROUP_ID_NOT_FOUND
          : ErrorCode.ILLEGAL_GENERATION,
      )
    }
    return ANY_PARTITION
  }

  /**
   * The same in a transaction (Kafka's `OffsetMetadataManager.validateTransactionalOffsetCommit`): old
   * clients don't say who they are, and a rebalance that isn't complete is no obstacle.
   *
   * @throws KafkaError
   */
  requireInTransaction(request: TxnOffsetCommitRequest): PartitionCommitValidator {
    const { groups } = this.services
    const { groupId, generationId } = request
    if (groups.foreign.has(groupId)) throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID)
    const group = groups.find(groupId)
    if (group instanceof ConsumerGroup) return this.#requireOfConsumerGroup(group, request)
    if (group !== undefined) requireClassicInTransaction(group, request)
    else if (generationId >= 0) throw new KafkaError(ErrorCode.ILLEGAL_GENERATION)
    return ANY_PARTITION
  }

  /** Clients of this API know generations only, and name topics. */
  #requireOfConsumerGroup(
    group: ConsumerGroup,
    { memberId, groupInstanceId, generationId, topics }: TxnOffsetCommitRequest,
  ): PartitionCommitValidator {
    const committer = { memberId, groupInstanceId, generationIdOrMemberEpoch: generationId }
    const validate = withGeneration(() => validateOffsetCommit(group, committer, 0, true))
    if (validate === ANY_PARTITION) return validate
    const ids = new Map<string, string>()
    for (const { name } of topics) {
      const id = this.services.metadata.topic(name)?.id
      if (id === undefined) throw new KafkaError(ErrorCode.ILLEGAL_GENERATION)
      ids.set(name, id)
    }
    return (topic, _, partition) =>
      withGeneration(() => validate(topic, ids.get(topic)!, partition))
  }
}

function withGeneration<T>(validate: () => T): T {
  try {
    return validate()
  } catch (error) {
    if (!(error instanceof KafkaError) || error.code !== ErrorCode.STALE_MEMBER_EPOCH) throw error
    throw new KafkaError(ErrorCode.ILLEGAL_GENERATION, undefined, { cause: error })
  }
}

/**
 * Who may commit (Kafka's `ClassicGroup.validateOffsetCommit`): members of the generation, and, as
 * long as nobody is a member, everybody who doesn't claim to be one.
 */
function requireClassic(group: ClassicGroup, committer: Committer): void {
  const { memberId, groupInstanceId, generationIdOrMemberEpoch: generation } = committer
  if (generation < 0 && group.state === 'Empty') return
  if (generation < 0 && memberId === '' && groupInstanceId === null) {
    throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID)
  }
  group.requireMember(memberId, groupInstanceId)
  if (generation !== group.generationId) throw new KafkaError(ErrorCode.ILLEGAL_GENERATION)
  // The member knows the generation, but its partitions may be another's by now.
  if (group.state === 'CompletingRebalance') throw new KafkaError(ErrorCode.REBALANCE_IN_PROGRESS)
}

function requireClassicInTransaction(group: ClassicGroup, request: TxnOffsetCommitRequest): void {
  const { memberId, groupInstanceId, generationId } = request
  if (generationId < 0 && group.state === 'Empty') return
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return
  group.requireMember(memberId, groupInstanceId)
  if (generationId !== group.generationId) throw new KafkaError(ErrorCode.ILLEGAL_GENERATION)
}
