import type { Input } from '../../protocol/codec/index.js'
import { ErrorCode } from '../../protocol/errors.js'
import type { ConsumerGroupHeartbeatRequest } from '../../protocol/schema/consumer-group-heartbeat.js'
import type { DeleteGroupsResponse } from '../../protocol/schema/delete-groups.js'
import type { HeartbeatRequest, HeartbeatResponse } from '../../protocol/schema/heartbeat.js'
import type { JoinGroupRequest, JoinGroupResponse } from '../../protocol/schema/join-group.js'
import type { LeaveGroupRequest, LeaveGroupResponse } from '../../protocol/schema/leave-group.js'
import type { ListGroupsRequest, ListGroupsResponse } from '../../protocol/schema/list-groups.js'
import type { OffsetCommitRequest } from '../../protocol/schema/offset-commit.js'
import type { OffsetDeleteRequest } from '../../protocol/schema/offset-delete.js'
import type { SyncGroupRequest, SyncGroupResponse } from '../../protocol/schema/sync-group.js'
import type { TxnOffsetCommitRequest } from '../../protocol/schema/txn-offset-commit.js'
import { messageOf } from '../response-error.js'
import { refusedJoin, refusedSync } from './classic/answers.js'
import { type DescribedConsumerGroup, undescribedGroup } from './consumer/description.js'
import { type HeartbeatAnswer, refusedHeartbeat } from './consumer/heartbeat.js'
import { requireValidHeartbeat } from './consumer/heartbeat-validation.js'
import type { MayDescribe } from './consumer/regex-subscriptions.js'
import type { GroupRequestContext } from './group-context.js'
import { GroupPartitions } from './group-partitions.js'
import { type DescribedGroup, undescribed } from './group-queries.js'
import {
  type OffsetCommitAnswer,
  type OffsetDeleteAnswer,
  type OffsetFetchGroup,
  type OffsetFetchGroupAnswer,
  refusedCommit,
  type TxnOffsetCommitAnswer,
} from './offsets/offset-answers.js'
import { refusedTxnCommit, txnOffsetCommitOperation } from './offsets/txn-commit.js'
import { partitionsInOrder } from './offsets-topic.js'

export type { DescribedConsumerGroup } from './consumer/description.js'
export type { DescribedGroup } from './group-queries.js'
export type { OffsetFetchGroup, OffsetFetchGroupAnswer } from './offsets/offset-answers.js'

type One<T> = T extends readonly (infer Element)[] ? Element : never
export type DeletedGroup = One<Input<typeof DeleteGroupsResponse>['results']>

/**
 * The groups whose partitions of `__consumer_offsets` this node leads, and their committed offsets.
 *
 * One method an API. Each resolves with the answer, errors included, and never rejects; what needs
 * the cluster's metadata or the authorizer (topics that don't exist, topic ids, what may be seen) is
 * for the caller to sort out before and after, as Kafka's `KafkaApis` does.
 */
export class GroupCoordinator extends GroupPartitions {
  /** @param mayDescribe whether who asks may know that a topic exists */
  joinGroup(
    context: GroupRequestContext,
    request: JoinGroupRequest,
    mayDescribe: MayDescribe,
  ): Promise<Input<typeof JoinGroupResponse>> {
    const { groupId, memberId, sessionTimeoutMs } = request
    const { groupMinSessionTimeoutMs, groupMaxSessionTimeoutMs } = this.config
    if (groupId === '') return Promise.resolve(refusedJoin(ErrorCode.INVALID_GROUP_ID, memberId))
    if (
      sessionTimeoutMs < groupMinSessionTimeoutMs ||
      sessionTimeoutMs > groupMaxSessionTimeoutMs
    ) {
      return Promise.resolve(refusedJoin(ErrorCode.INVALID_SESSION_TIMEOUT, memberId))
    }
    return this.run(
      groupId,
      ({ classicProtocol }) => classicProtocol.join(context, request, mayDescribe),
      ({ code }) => refusedJoin(code),
    )
  }

  syncGroup(
    _context: GroupRequestContext,
    request: SyncGroupRequest,
  ): Promise<Input<typeof SyncGroupResponse>> {
    const { groupId } = request
    if (groupId === '') return Promise.resolve(refusedSync(ErrorCode.INVALID_GROUP_ID))
    return this.run(
      groupId,
      ({ classicProtocol }) => classicProtocol.sync(request),
      ({ code }) => refusedSync(code),
    )
  }

  async heartbeat(
    _context: GroupRequestContext,
    request: HeartbeatRequest,
  ): Promise<Input<typeof HeartbeatResponse>> {
    const { groupId } = request
    if (groupId === '') return { throttleTimeMs: 0, errorCode: ErrorCode.INVALID_GROUP_ID }
    const errorCode = await this.run(
      groupId,
      ({ classicProtocol }) => classicProtocol.heartbeat(request),
      // The member can do nothing about it, and its session begins when the loading ends.
      ({ code }) => (code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCode.NONE : code),
    )
    return { throttleTimeMs: 0, errorCode }
  }

  /** @param request in the form of version 3 and later */
  leaveGroup(
    _context: GroupRequestContext,
    request: LeaveGroupRequest,
  ): Promise<Input<typeof LeaveGroupResponse>> {
    const { groupId, members } = request
    const refuse = (errorCode: ErrorCode) => ({ throttleTimeMs: 0, errorCode, members: [] })
    if (groupId === '') return Promise.resolve(refuse(ErrorCode.INVALID_GROUP_ID))
    return this.run(
      groupId,
      ({ classicProtocol }) => classicProtocol.leave(groupId, members),
      ({ code }) => {
        if (code !== ErrorCode.UNKNOWN_MEMBER_ID) return refuse(code)
        // Of a group that isn't there, nobody is a member.
        const errorCode = ErrorCode.UNKNOWN_MEMBER_ID
        return {
          ...refuse(ErrorCode.NONE),
          members: members.map(({ memberId, groupInstanceId }) => ({
            memberId,
            groupInstanceId,
            errorCode,
          })),
        }
      },
    )
  }

  /**
   * @param request the topics that exist and may be read, each with its name and its id, whichever
   *   of them the client sent
   */
  offsetCommit(
    context: GroupRequestContext,
    request: OffsetCommitRequest,
  ): Promise<OffsetCommitAnswer> {
    return this.run(
      request.groupId,
      ({ offsets }) => offsets.commit(context, request),
      ({ code }) => refusedCommit(request, code),
    )
  }

  /**
   * Commits offsets as part of a transaction, which has to have the group's partition by now (KIP-447),
   * or gets it with this (KIP-890).
   *
   * @param request the topics that exist and may be read
   */
  async txnOffsetCommit(
    { apiVersion }: GroupRequestContext,
    request: TxnOffsetCommitRequest,
  ): Promise<TxnOffsetCommitAnswer> {
    const { groupId, transactionalId, producerId, producerEpoch } = request
    if (groupId === '') return refusedTxnCommit(request, ErrorCode.INVALID_GROUP_ID)
    const operation = txnOffsetCommitOperation(apiVersion)
    try {
      return await this.runtime.runTransactional(
        this.partitionFor(groupId),
        groupId,
        { transactionalId, producerId, producerEpoch, operation },
        ({ offsets }) => offsets.commitTransactional(request),
      )
    } catch (error) {
      return refusedTxnCommit(request, this.responseError(error).code)
    }
  }

  /**
   * The committed offsets of one group.
   *
   * @param group topics null: all that it has; each topic with its name, whatever the client sent. The
   *   answer's topics carry the name, and the id that was asked with.
   * @param requireStable offsets with a transaction pending are UNSTABLE_OFFSET_COMMIT (KIP-447)
   */
  offsetFetch(
    _context: GroupRequestContext,
    group: OffsetFetchGroup,
    requireStable: boolean,
  ): Promise<OffsetFetchGroupAnswer> {
    const { groupId } = group
    return this.run(
      groupId,
      ({ offsets }) => offsets.fetch(group, requireStable),
      ({ code }) => ({
        groupId,
        topics: [],
        // Consumers before Kafka 3.9 don't know this one here; on the other they look again.
        errorCode: code === ErrorCode.COORDINATOR_NOT_AVAILABLE ? ErrorCode.NOT_COORDINATOR : code,
      }),
    )
  }

  offsetDelete(
    _context: GroupRequestContext,
    request: OffsetDeleteRequest,
  ): Promise<OffsetDeleteAnswer> {
    const refuse = (errorCode: ErrorCode) => ({ errorCode, throttleTimeMs: 0, topics: [] })
    if (request.groupId === '') return Promise.resolve(refuse(ErrorCode.INVALID_GROUP_ID))
    return this.run(
      request.groupId,
      ({ offsets }) => offsets.delete(request),
      ({ code }) => refuse(code),
    )
  }

  /** @param mayDescribe whether who asks may know that a topic exists */
  consumerGroupHeartbeat(
    context: GroupRequestContext,
    request: ConsumerGroupHeartbeatRequest,
    mayDescribe: MayDescribe,
  ): Promise<HeartbeatAnswer> {
    const { consumerGroupAssignors } = this.config
    try {
      requireValidHeartbeat(request, context.apiVersion, consumerGroupAssignors)
    } catch (error) {
      return Promise.resolve(refusedHeartbeat(this.responseError(error)))
    }
    return this.run(
      request.groupId,
      ({ consumer }) => consumer.heartbeat(context, request, mayDescribe),
      refusedHeartbeat,
    )
  }

  /** @returns one of each, in the order asked for */
  describeConsumerGroups(
    _context: GroupRequestContext,
    groupIds: readonly string[],
  ): Promise<DescribedConsumerGroup[]> {
    return Promise.all(
      groupIds.map(async (groupId) => {
        if (groupId === '') return undescribedGroup(groupId, ErrorCode.INVALID_GROUP_ID, null)
        return this.run(
          groupId,
          ({ consumer }) => ({ records: [], response: consumer.describe(groupId) }),
          (error) => undescribedGroup(groupId, error.code, messageOf(error)),
        )
      }),
    )
  }

  /** @returns one of each, in the order asked for */
  describeGroups(
    { apiVersion }: GroupRequestContext,
    groupIds: readonly string[],
  ): Promise<DescribedGroup[]> {
    return Promise.all(
      groupIds.map((groupId) =>
        this.run(
          groupId,
          ({ queries }) => ({ records: [], response: queries.describe(groupId, apiVersion) }),
          ({ code }) => undescribed(groupId, code),
        ),
      ),
    )
  }

  async listGroups(
    _context: GroupRequestContext,
    request: ListGroupsRequest,
  ): Promise<Input<typeof ListGroupsResponse>> {
    const filter = {
      states: new Set(request.statesFilter.map((state) => state.toLowerCase().trim())),
      types: new Set(request.typesFilter.map((type) => type.toLowerCase())),
    }
    try {
      const lists = await this.runtime.readAll(
        ({ queries }) => queries.list(filter),
        partitionsInOrder,
      )
      return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, groups: lists.flat() }
    } catch (error) {
      return { throttleTimeMs: 0, errorCode: this.responseError(error).code, groups: [] }
    }
  }

  /** @returns one of each, in the order asked for */
  deleteGroups(
    _context: GroupRequestContext,
    groupIds: readonly string[],
  ): Promise<DeletedGroup[]> {
    return Promise.all(
      groupIds.map(async (groupId) => ({
        groupId,
        errorCode: await this.run<ErrorCode>(
          groupId,
          (machine) => ({ ...machine.deleteGroup(groupId), response: ErrorCode.NONE }),
          ({ code }) => code,
        ),
      })),
    )
  }
}
