import type { PartitionImage } from '../metadata/topic.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import {
  type AppendCallback,
  AppendOrigin,
  type Log,
  type LogAppendInfo,
  type TransactionalBatch,
  type TransactionContext,
} from '../storage/log.js'
import { type LogValidator, rebuildBatch } from '../storage/log-validator.js'
import type { VerificationGuard } from '../storage/transaction-verification.js'
import type { TopicSettings } from './topic-settings.js'

/** `currentLeaderEpoch` of a client that doesn't know it. */
export const NO_LEADER_EPOCH = -1

/** `offset` of DeleteRecords that stands for the high watermark. */
const UP_TO_HIGH_WATERMARK = -1

/** Where a produced batch went. */
export interface ProducedBatch {
  /** Offset of the first record; of the first append when this one was a duplicate. */
  readonly baseOffset: number
  /**
   * The time that was given to the records, -1 if they keep their own; of a duplicate, the largest
   * timestamp in any case, as in Kafka.
   */
  readonly logAppendTimeMs: number
}

/** Called once, when what was appended is as safe as the producer asked for, or has failed. */
export type ProduceCallback = (error: KafkaError | null, batch: ProducedBatch) => void

export interface PartitionOptions {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly nodeId: number
  readonly image: PartitionImage
  readonly settings: TopicSettings
  readonly log: Log
  readonly validator: LogValidator
  /** More is committed: somebody may wait for it. */
  readonly onCommit: (partition: Partition) => void
}

/**
 * A partition that has a replica on this node (Kafka's `Partition`): who leads it, its log, and how
 * far that is committed. With this node alone in the ISR, what is written is committed.
 */
export class Partition {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  /** As in messages: `topic-0`. */
  readonly name: string
  readonly log: Log
  /** Bytes that have come before the high watermark since the partition was opened. */
  committedBytes = 0
  #image: PartitionImage
  #settings: TopicSettings
  /** Log end when this node became the leader of the present epoch. */
  #leaderEpochStartOffset = -1
  #uncountedBytes = 0
  readonly #nodeId: number
  readonly #validator: LogValidator
  readonly #onCommit: (partition: Partition) => void
  readonly #listeners = new Set<(highWatermark: number) => void>()

  constructor(options: PartitionOptions) {
    this.topic = options.topic
    this.topicId = options.topicId
    this.partition = options.partition
    this.name = `${options.topic}-${options.partition}`
    this.log = options.log
    this.#nodeId = options.nodeId
    this.#validator = options.validator
    this.#onCommit = options.onCommit
    this.#image = options.image
    this.#settings = options.settings
    this.log.config = options.settings.log
    if (this.isLeader) this.#becomeLeader()
  }

  get image(): PartitionImage {
    return this.#image
  }

  get settings(): TopicSettings {
    return this.#settings
  }

  set settings(settings: TopicSettings) {
    this.#settings = settings
    this.log.config = settings.log
  }

  get isLeader(): boolean {
    return this.#image.leader === this.#nodeId
  }

  get leaderEpoch(): number {
    return this.#image.leaderEpoch
  }

  get highWatermark(): number {
    return this.log.highWatermark
  }

  /** The high watermark has yet to pass what was there when this node became the leader. */
  get isHighWatermarkLagging(): boolean {
    return this.#leaderEpochStartOffset > this.log.highWatermark
  }

  /** Takes over what the metadata log says of the partition now. */
  update(image: PartitionImage): void {
    const wasLeader = this.isLeader
    const isNewEpoch = image.leaderEpoch !== this.#image.leaderEpoch
    this.#image = image
    if (this.isLeader && (isNewEpoch || !wasLeader)) this.#becomeLeader()
    this.#advanceHighWatermark()
  }

  /**
   * The log, to be read or written as the leader.
   *
   * @param currentLeaderEpoch what the client takes for the leader's epoch, -1 if it doesn't say
   * @throws KafkaError FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, NOT_LEADER_OR_FOLLOWER
   */
  leaderLog(currentLeaderEpoch = NO_LEADER_EPOCH): Log {
    const epoch = this.#image.leaderEpoch
    if (currentLeaderEpoch !== NO_LEADER_EPOCH && currentLeaderEpoch !== epoch) {
      throw currentLeaderEpoch < epoch
        ? new KafkaError(ErrorCode.FENCED_LEADER_EPOCH, `${this.name} has leader epoch ${epoch}`)
        : new KafkaError(ErrorCode.UNKNOWN_LEADER_EPOCH, `${this.name} has leader epoch ${epoch}`)
    }
    if (!this.isLeader) {
      throw new KafkaError(
        ErrorCode.NOT_LEADER_OR_FOLLOWER,
        `${this.name} is led by node ${this.#image.leader}`,
      )
    }
    return this.log
  }

  /**
   * Appends what a Produce request carries for this partition.
   *
   * @param records whose form {@link LogValidator.validateRequest} has checked; must not change until
   *   `done`
   * @param size what that check returned
   * @param acks -1: only with enough replicas in sync, and once they all have it
   * @param guard of a batch that {@link beginVerification} has asked for
   * @throws KafkaError whatever is wrong with it or with the partition; then `done` isn't called
   */
  produce(
    records: Buffer,
    size: number,
    acks: number,
    nowMs: number,
    done: ProduceCallback,
    guard?: VerificationGuard,
  ): void {
    const log = this.leaderLog()
    if (acks === -1) this.#needReplicasInSync()
    const { validation, compressionLevel } = this.#settings
    const validated = this.#validator.validateBatch(records, size, this.name, validation, nowMs)
    const batch =
      validated.rebuildAs === undefined
        ? validated.records
        : rebuildBatch(validated, validation.maxMessageBytes, compressionLevel)
    const { logAppendTimeMs } = validated
    const epoch = this.#image.leaderEpoch
    const appended: AppendCallback = (error, info) => {
      this.#appended(error, info, batch.length)
      done(error, {
        baseOffset: info.firstOffset,
        logAppendTimeMs: info.duplicate ? info.maxTimestamp : logAppendTimeMs,
      })
    }
    log.append(batch, epoch, AppendOrigin.CLIENT, appended, { guard })
  }

  /**
   * See {@link Log.beginVerification}.
   *
   * @throws KafkaError INVALID_PRODUCER_EPOCH; as {@link leaderLog}
   */
  beginVerification(batch: TransactionalBatch): VerificationGuard | undefined {
    return this.leaderLog().beginVerification(batch)
  }

  /**
   * Appends a coordinator's own batches, which are well-formed.
   *
   * @param done called when they are on the log; whether they are committed, the high watermark says
   * @throws KafkaError as {@link produce} with acks -1
   */
  appendOwn(batches: Buffer, done: AppendCallback, context?: TransactionContext): LogAppendInfo {
    const log = this.leaderLog()
    this.#needReplicasInSync()
    const appended: AppendCallback = (error, info) => {
      this.#appended(error, info, batches.length)
      done(error, info)
    }
    const epoch = this.#image.leaderEpoch
    return log.append(batches, epoch, AppendOrigin.COORDINATOR, appended, context)
  }

  /**
   * Appends batches that have their offsets already, as a follower does: records that are brought back.
   *
   * @param done called when they are on the log
   * @throws KafkaError as {@link Log.appendAsFollower} and {@link leaderLog}
   */
  appendNumbered(batches: Buffer, done: AppendCallback): LogAppendInfo {
    return this.leaderLog().appendAsFollower(batches, (error, info) => {
      this.#appended(error, info, batches.length)
      done(error, info)
    })
  }

  /**
   * Moves the log start to `offset`, -1 for the high watermark; an earlier one changes nothing.
   *
   * @returns the low watermark: what every replica has let go of
   * @throws KafkaError POLICY_VIOLATION for a topic that is only compacted; OFFSET_OUT_OF_RANGE;
   *   as {@link leaderLog}
   */
  deleteRecords(offset: number): number {
    const log = this.leaderLog()
    if (!log.config.delete) throw new KafkaError(ErrorCode.POLICY_VIOLATION)
    const before = offset === UP_TO_HIGH_WATERMARK ? log.highWatermark : offset
    if (before < 0) throw new KafkaError(ErrorCode.OFFSET_OUT_OF_RANGE)
    log.advanceLogStartOffset(before)
    return log.logStartOffset
  }

  /**
   * Calls `listener` with each new high watermark.
   *
   * @returns what ends it
   */
  watchHighWatermark(listener: (highWatermark: number) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #appended(error: KafkaError | null, info: LogAppendInfo, bytes: number): void {
    if (error !== null) return
    if (!info.duplicate) this.#uncountedBytes += bytes
    this.#advanceHighWatermark()
  }

  #becomeLeader(): void {
    const { log } = this
    this.#leaderEpochStartOffset = log.nextOffset
    log.assignEpochStartOffset(this.#image.leaderEpoch, log.nextOffset)
    this.#advanceHighWatermark()
  }

  #advanceHighWatermark(): void {
    const { isr } = this.#image
    if (!this.isLeader || isr.some((id) => id !== this.#nodeId)) return
    const moved = this.log.updateHighWatermark(this.log.logEndOffset)
    // Appends complete in groups, of which the first moves the log end for them all.
    if (!moved && this.#uncountedBytes === 0) return
    this.committedBytes += this.#uncountedBytes
    this.#uncountedBytes = 0
    this.#onCommit(this)
    if (moved) for (const listener of this.#listeners) listener(this.log.highWatermark)
  }

  // A topic with fewer replicas than min.insync.replicas asks for needs no more than it has
  // (Kafka's `Partition.effectiveMinIsr`).
  #needReplicasInSync(): void {
    const { isr, replicas } = this.#image
    const needed = Math.min(this.#settings.minInsyncReplicas, replicas.length)
    if (isr.length >= needed) return
    throw new KafkaError(
      ErrorCode.NOT_ENOUGH_REPLICAS,
      `${this.name} has ${isr.length} replicas in sync and needs ${needed}`,
    )
  }
}
