import type { Clocks } from '../../env/clock.js'
import type { Logger } from '../../env/logger.js'
import type { Random } from '../../env/random.js'
import type { Input } from '../../protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import type { DeleteGroupsResponse } from '../../protocol/schema/delete-groups.js'
import type { DescribeGroupsResponse } from '../../protocol/schema/describe-groups.js'
import type { HeartbeatRequest, HeartbeatResponse } from '../../protocol/schema/heartbeat.js'
import type { JoinGroupRequest, JoinGroupResponse } from '../../protocol/schema/join-group.js'
import type { LeaveGroupRequest, LeaveGroupResponse } from '../../protocol/schema/leave-group.js'
import type { ListGroupsRequest, ListGroupsResponse } from '../../protocol/schema/list-groups.js'
import type {
  OffsetCommitRequest,
  OffsetCommitResponse,
} from '../../protocol/schema/offset-commit.js'
import type {
  OffsetDeleteRequest,
  OffsetDeleteResponse,
} from '../../protocol/schema/offset-delete.js'
import type { OffsetFetchRequest, OffsetFetchResponse } from '../../protocol/schema/offset-fetch.js'
import type { SyncGroupRequest, SyncGroupResponse } from '../../protocol/schema/sync-group.js'
import type { CoordinatorLog } from '../runtime/coordinator-log.js'
import type { GroupCoordinatorConfig } from './group-config.js'
import type { GroupRequestContext } from './group-context.js'
import { partitionForGroup } from './offsets-topic.js'

export interface GroupCoordinatorOptions {
  readonly clocks: Clocks
  readonly random: Random
  readonly logger: Logger
  readonly config: GroupCoordinatorConfig
}

type One<T> = T extends readonly (infer Element)[] ? Element : never
/** One group of an OffsetFetch v8+; earlier versions ask for one of the same shape. */
export type OffsetFetchGroup = OffsetFetchRequest['groups'][number]
export type OffsetFetchGroupAnswer = One<NonNullable<Input<typeof OffsetFetchResponse>['groups']>>
export type DescribedGroup = One<Input<typeof DescribeGroupsResponse>['groups']>
export type DeletedGroup = One<Input<typeof DeleteGroupsResponse>['results']>

/**
 * The groups whose partitions of `__consumer_offsets` this node leads, and their committed offsets.
 *
 * One method an API. Each resolves with the answer, errors included, and never rejects; what needs
 * the cluster's metadata or the authorizer (topics that don't exist, topic ids, what may be seen) is
 * for the caller to sort out before and after, as Kafka's `KafkaApis` does.
 */
export class GroupCoordinator {
  readonly #config: GroupCoordinatorConfig

  constructor(options: GroupCoordinatorOptions) {
    this.#config = options.config
  }

  /** The partition of `__consumer_offsets` that a group belongs to. */
  partitionFor(groupId: string): number {
    return partitionForGroup(groupId, this.#config.offsetsTopicNumPartitions)
  }

  /**
   * This node leads the partition from now on: loads its log. Until that is done its groups answer
   * COORDINATOR_LOAD_IN_PROGRESS. Harmless when it was told before of the same or a later epoch.
   */
  onElection(partition: number, leaderEpoch: number, log: CoordinatorLog): void {}

  /** This node doesn't lead the partition any more: its groups answer NOT_COORDINATOR. */
  onResignation(partition: number): void {}

  /** Topics are gone: so are the offsets committed for them. Resolves when that is on the log. */
  async onTopicsDeleted(topics: readonly string[]): Promise<void> {
    throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  }

  /** Drops all groups, answers everybody who waits, leaves no timer behind. */
  close(): void {}

  joinGroup(
    context: GroupRequestContext,
    request: JoinGroupRequest,
  ): Promise<Input<typeof JoinGroupResponse>> {
    throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  }

  syncGroup(
    context: GroupRequestContext,
    request: SyncGroupRequest,
  ): Promise<Input<typeof SyncGroupResponse>> {
    throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  }

  heartbeat(
    context: GroupRequestContext,
    request: HeartbeatRequest,
  ): Promise<Input<typeof HeartbeatResponse>> {
    throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  }

  leaveGroup(
    context: GroupRequestContext,
    request: LeaveGroupRequest,
  ): Promise<Input<typeof LeaveGroupResponse>> {
    throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  }

  /**
   * @param request the topics that exist and may be read, each with its name and its id, whichever
   *   of them the client sent
   */
  offsetCommit(
    context: GroupRequestContext,
    request: OffsetCommitRequest,
  ): Promise<Input<typeof OffsetCommitResponse>> {
    throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  }

  /**
   * The committed offsets of one group.
   *
   * @param group topics null: all that it has; each topic with its name, whatever the client sent. The
   *   answer's topics carry the name, and the id that was asked with.
   * @param requireStable offsets with a transaction pending are UNSTABLE_OFFSET_COMMIT (KIP-447)
   */
  offsetFetch(
    context: GroupRequestContext,
    group: OffsetFetchGroup,
    requireStable: boolean,
  ): Promise<OffsetFetchGroupAnswer> {
    throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  }

  offsetDelete(
    context: GroupRequestContext,
    request: OffsetDeleteRequest,
  ): Promise<Input<typeof OffsetDeleteResponse>> {
    throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  }

  /** @returns one of each, in the order asked for */
  describeGroups(
    context: GroupRequestContext,
    groupIds: readonly string[],
  ): Promise<DescribedGroup[]> {
    throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  }

  listGroups(
    context: GroupRequestContext,
    request: ListGroupsRequest,
  ): Promise<Input<typeof ListGroupsResponse>> {
    throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  }

  /** @returns one of each, in the order asked for */
  deleteGroups(context: GroupRequestContext, groupIds: readonly string[]): Promise<DeletedGroup[]> {
    throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  }
}
