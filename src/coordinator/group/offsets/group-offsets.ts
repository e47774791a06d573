import { ZERO_UUID } from '../../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import type { OffsetCommitRequest } from '../../../protocol/schema/offset-commit.js'
import type { OffsetDeleteRequest } from '../../../protocol/schema/offset-delete.js'
import type { TxnOffsetCommitRequest } from '../../../protocol/schema/txn-offset-commit.js'
import type { CoordinatorRecord } from '../../runtime/record.js'
import type { Outcome } from '../../runtime/state-machine.js'
import { ClassicGroup } from '../classic/classic-group.js'
import type { ClassicGroups } from '../classic/classic-groups.js'
import { ConsumerGroup } from '../consumer/consumer-group.js'
import { validateOffsetFetch } from '../consumer/offset-validation.js'
import type { GroupRequestContext } from '../group-context.js'
import { NO_EXPIRATION, offsetCommitRecord, offsetTombstone } from '../group-records.js'
import type { GroupServices } from '../group-services.js'
import { Committers } from './committers.js'
import {
  type FetchedPartition,
  type OffsetCommitAnswer,
  type OffsetDeleteAnswer,
  type OffsetFetchGroup,
  type OffsetFetchGroupAnswer,
  type TxnOffsetCommitAnswer,
  unfetched,
} from './offset-answers.js'
import type { OffsetState } from './offset-state.js'
import type { CommittedOffset } from './offset-table.js'

/** `retentionTimeMs` of a client that leaves it to the broker. */
const BROKERS_RETENTION = -1
/** `commitTimestamp` of a client that leaves it to the broker; version 1 alone has one. */
const BROKERS_TIME = -1

/** What clients ask of offsets (Kafka's `OffsetMetadataManager`). */
export class GroupOffsets {
  readonly #committers: Committers

  constructor(
    private readonly services: GroupServices,
    private readonly state: OffsetState,
    classic: ClassicGroups,
  ) {
    this.#committers = new Committers(services, classic)
  }

  /** @throws KafkaError when the group doesn't let the member commit */
  commit(
    { apiVersion }: GroupRequestContext,
    request: OffsetCommitRequest,
  ): Outcome<OffsetCommitAnswer> {
    const validate = this.#committers.require(apiVersion, request)
    const { offsetMetadataMaxBytes } = this.services.config
    const nowMs = this.services.clocks.logical.now()
    const expireTimestamp =
      request.retentionTimeMs === BROKERS_RETENTION
        ? NO_EXPIRATION
        : nowMs + request.retentionTimeMs
    const records: CoordinatorRecord[] = []
    const topics = request.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(
        ({ partitionIndex, committedOffset, committedLeaderEpoch, ...given }) => {
          const { committedMetadata, commitTimestamp } = given
          const metadata = committedMetadata ?? ''
          if (metadata.length > offsetMetadataMaxBytes) {
            return { partitionIndex, errorCode: ErrorCode.OFFSET_METADATA_TOO_LARGE }
          }
          validate(name, topicId, partitionIndex)
          records.push(
            offsetCommitRecord(request.groupId, name, partitionIndex, {
              offset: committedOffset,
              leaderEpoch: committedLeaderEpoch,
              metadata,
              commitTimestamp: commitTimestamp === BROKERS_TIME ? nowMs : commitTimestamp,
              expireTimestamp,
              topicId,
            }),
          )
          return { partitionIndex, errorCode: ErrorCode.NONE }
        },
      ),
    }))
    return { records, response: { throttleTimeMs: 0, topics } }
  }

  /**
   * The same in a transaction: the offsets count when it is committed (KIP-98).
   *
   * @throws KafkaError when the group doesn't let the member commit
   */
  commitTransactional(request: TxnOffsetCommitRequest): Outcome<TxnOffsetCommitAnswer> {
    const validate = this.#committers.requireInTransaction(request)
    const commitTimestamp = this.services.clocks.logical.now()
    const records: CoordinatorRecord[] = []
    const topics = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, ...given }) => {
        const metadata = given.committedMetadata ?? ''
        if (metadata.length > this.services.config.offsetMetadataMaxBytes) {
          return { partitionIndex, errorCode: ErrorCode.OFFSET_METADATA_TOO_LARGE }
        }
        validate(name, ZERO_UUID, partitionIndex)
        const value = {
          offset: given.committedOffset,
          leaderEpoch: given.committedLeaderEpoch,
          metadata,
          commitTimestamp,
          expireTimestamp: NO_EXPIRATION,
          topicId: ZERO_UUID,
        }
        records.push(offsetCommitRecord(request.groupId, name, partitionIndex, value))
        return { partitionIndex, errorCode: ErrorCode.NONE }
      }),
    }))
    return { records, response: { throttleTimeMs: 0, topics } }
  }

  /** @throws KafkaError when the group doesn't let the member fetch */
  fetch(request: OffsetFetchGroup, requireStable: boolean): Outcome<OffsetFetchGroupAnswer> {
    const { groupId, memberId, memberEpoch } = request
    const group = this.services.groups.find(groupId)
    if (group instanceof ConsumerGroup) validateOffsetFetch(group, memberId, memberEpoch)
    const fetched = (topic: string, partition: number, topicId = ZERO_UUID): FetchedPartition => {
      if (requireStable && this.state.isPending(groupId, topic, partition)) {
        return unfetched(partition, ErrorCode.UNSTABLE_OFFSET_COMMIT)
      }
      const committed = this.state.committed.get(groupId, topic, partition)
      const isThere = committed !== undefined && isOfTopic(committed, topicId)
      return fetchedPartition(partition, isThere ? committed : undefined)
    }
    const topics =
      request.topics === null
        ? [...this.state.committed.topicsOf(groupId)].map(([name, partitions]) => ({
            name,
            partitions: [...partitions.keys()].map((partition) => fetched(name, partition)),
          }))
        : request.topics.map(({ name, topicId, partitionIndexes }) => ({
            name,
            topicId,
            partitions: partitionIndexes.map((partition) => fetched(name, partition, topicId)),
          }))
    return { records: [], response: { groupId, topics, errorCode: ErrorCode.NONE } }
  }

  /** @throws KafkaError GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP */
  delete({ groupId, topics }: OffsetDeleteRequest): Outcome<OffsetDeleteAnswer> {
    const group = this.services.groups.require(groupId)
    // Of members that aren't consumers, it isn't known which offsets they use.
    const isOfOthers = group instanceof ClassicGroup && !group.usesConsumerProtocol
    if (group.state !== 'Empty' && isOfOthers) {
      throw new KafkaError(ErrorCode.NON_EMPTY_GROUP)
    }
    const records: CoordinatorRecord[] = []
    const answered = topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => {
        if (group.isSubscribedTo(name)) {
          return { partitionIndex, errorCode: ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC }
        }
        if (this.#isKnown(groupId, name, partitionIndex)) {
          records.push(offsetTombstone(groupId, name, partitionIndex))
        }
        return { partitionIndex, errorCode: ErrorCode.NONE }
      }),
    }))
    return {
      records,
      response: { errorCode: ErrorCode.NONE, throttleTimeMs: 0, topics: answered },
    }
  }

  /** Tombstones of all that a group has committed, or has pending. */
  tombstonesOf(groupId: string): CoordinatorRecord[] {
    return [...this.state.partitionsOf(groupId)].map(([topic, partition]) =>
      offsetTombstone(groupId, topic, partition),
    )
  }

  /**
   * Tombstones of what a group has for topics.
   *
   * @param topics ids by name
   */
  tombstonesOfTopics(groupId: string, topics: ReadonlyMap<string, string>): CoordinatorRecord[] {
    return [...this.state.partitionsOf(groupId)]
      .filter(([topic, _, offset]) => {
        const topicId = topics.get(topic)
        return topicId !== undefined && isOfTopic(offset, topicId)
      })
      .map(([topic, partition]) => offsetTombstone(groupId, topic, partition))
  }

  #isKnown(groupId: string, topic: string, partition: number): boolean {
    return (
      this.state.committed.get(groupId, topic, partition) !== undefined ||
      this.state.isPending(groupId, topic, partition)
    )
  }
}

/** A topic of the same name may have been another one when the offset was committed. */
function isOfTopic({ topicId: committed }: CommittedOffset, topicId: string): boolean {
  return committed === topicId || committed === ZERO_UUID || topicId === ZERO_UUID
}

function fetchedPartition(
  partitionIndex: number,
  committed: CommittedOffset | undefined,
): FetchedPartition {
  if (committed === undefined) return unfetched(partitionIndex, ErrorCode.NONE)
  return {
    partitionIndex,
    committedOffset: committed.offset,
    committedLeaderEpoch: committed.leaderEpoch,
    metadata: committed.metadata,
    errorCode: ErrorCode.NONE,
  }
}
