import type { Clocks } from '../../env/clock.js'
import type { Logger } from '../../env/logger.js'
import type { Random } from '../../env/random.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import { groupRecords } from '../../protocol/record-types.js'
import type { CompressionType } from '../../protocol/records/index.js'
import { asResponseError } from '../response-error.js'
import type { CoordinatorLog } from '../runtime/coordinator-log.js'
import { CoordinatorRuntime } from '../runtime/coordinator-runtime.js'
import type { Outcome } from '../runtime/state-machine.js'
import type { TransactionEnd } from '../runtime/transaction.js'
import { RegularExpressions } from './consumer/regular-expressions.js'
import type { GroupCoordinatorConfig } from './group-config.js'
import type { GroupMetadata, GroupMetadataChange } from './group-metadata.js'
import { GroupStateMachine } from './group-state-machine.js'
import { GroupStore } from './group-store.js'
import { type DeletedTopic, deleteOffsetsOfTopics } from './offsets/topic-deletion.js'
import { partitionForGroup } from './offsets-topic.js'
import { TopicHashes } from './topic-hashes.js'

/** They say that groups are coordinated elsewhere, or not yet. */
const COORDINATOR_ERRORS: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.NOT_COORDINATOR,
])

export interface GroupCoordinatorOptions {
  readonly clocks: Clocks
  readonly random: Random
  readonly logger: Logger
  readonly config: GroupCoordinatorConfig
  readonly metadata: GroupMetadata
}

/**
 * The partitions of `__consumer_offsets` that this node leads, with the groups in them: how they come
 * and go, and what happens around them.
 */
export abstract class GroupPartitions {
  /** Of `__consumer_offsets`; what the configuration says until the topic is known. */
  partitionCount: number
  protected readonly config: GroupCoordinatorConfig
  readonly #logger: Logger
  readonly #topicHashes: TopicHashes
  protected readonly runtime: CoordinatorRuntime<GroupStateMachine>

  constructor(options: GroupCoordinatorOptions) {
    const { clocks, random, logger, config, metadata } = options
    const topicHashes = new TopicHashes(metadata)
    this.#topicHashes = topicHashes
    const regularExpressions = new RegularExpressions(clocks.pacing)
    this.config = config
    this.#logger = logger
    this.partitionCount = config.offsetsTopicNumPartitions
    this.runtime = new CoordinatorRuntime({
      clocks,
      logger,
      recordTypes: groupRecords,
      compression: config.offsetsTopicCompressionCodec as CompressionType,
      loadBytes: config.offsetsLoadBufferSize,
      commitTimeoutMs: config.offsetsCommitTimeoutMs,
      create: (context) =>
        new GroupStateMachine({
          clocks,
          random,
          logger,
          config,
          context,
          groups: new GroupStore(),
          metadata,
          topicHashes,
          regularExpressions,
        }),
    })
  }

  /** The partition of `__consumer_offsets` that a group belongs to. */
  partitionFor(groupId: string): number {
    return partitionForGroup(groupId, this.partitionCount)
  }

  /**
   * This node leads the partition from now on: loads its log. Until that is done its groups answer
   * COORDINATOR_LOAD_IN_PROGRESS. Harmless when it was told before of the same or a later epoch.
   */
  onElection(partition: number, leaderEpoch: number, log: CoordinatorLog): void {
    this.runtime.elect(partition, leaderEpoch, log)
  }

  /** This node doesn't lead the partition any more: its groups answer NOT_COORDINATOR. */
  onResignation(partition: number): void {
    this.runtime.resign(partition)
  }

  /** Resolves when no partition of those that are led now is being loaded. */
  allLoaded(): Promise<void> {
    return this.runtime.allLoaded()
  }

  /** The metadata has moved on: consumer groups of topics that have changed assign anew. */
  onMetadataUpdate(change: GroupMetadataChange): void {
    if (change.changedTopics.size === 0 && !change.hasNewTopics) return
    this.#topicHashes.onMetadataUpdate(change)
    for (const { machine } of this.runtime.active()) machine.onMetadataUpdate(change)
  }

  /** Topics are gone: so are the offsets committed for them. Resolves when that is on the log. */
  onTopicsDeleted(topics: readonly DeletedTopic[]): Promise<void> {
    return deleteOffsetsOfTopics(topics, {
      runtime: this.runtime,
      partitionCount: this.partitionCount,
      logger: this.#logger,
    })
  }

  /**
   * A transaction has ended: its marker goes to the partition, and with it the offsets that were
   * committed in it, or they are forgotten. For whoever leads partitions.
   *
   * @returns when that is committed; rejects with a KafkaError: NOT_LEADER_OR_FOLLOWER where the
   *   partition is not coordinated here (yet), or why the marker couldn't be appended
   */
  async completeTransaction(partition: number, end: TransactionEnd): Promise<void> {
    try {
      await this.runtime.completeTransaction(partition, end)
    } catch (error) {
      // Transaction coordinators don't expect what group members are told.
      if (!(error instanceof KafkaError) || !COORDINATOR_ERRORS.has(error.code)) throw error
      throw new KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER, undefined, { cause: error })
    }
  }

  /** Drops all groups, answers everybody who waits, leaves no timer behind. */
  close(): void {
    this.runtime.close()
  }

  /** Runs an operation on a group; what goes wrong is answered by `refuse`. */
  protected async run<R>(
    groupId: string,
    operation: (machine: GroupStateMachine) => Outcome<R>,
    refuse: (error: KafkaError) => R,
  ): Promise<R> {
    try {
      return await this.runtime.run(this.partitionFor(groupId), groupId, operation)
    } catch (error) {
      return refuse(this.responseError(error))
    }
  }

  /** What is answered to who asked, for what went wrong. */
  protected responseError(error: unknown): KafkaError {
    if (error instanceof KafkaError) return asResponseError(error)
    this.#logger.error({ err: error }, 'a group request has failed unexpectedly')
    return new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, undefined, { cause: error })
  }
}
