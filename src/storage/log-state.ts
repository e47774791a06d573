import type { Clock } from '../env/clock.js'
import type { EpochEndOffset, ProducerSummary, SegmentStart, TransactionalBatch } from './log.js'
import type { LogConfig } from './log-config.js'
import type { PartitionLogOptions } from './log-context.js'
import type { LoadedLog } from './log-loader.js'
import type { VerificationGuard } from './transaction-verification.js'

/** What there is to know of a log at once. See `Log`. */
export class LogState {
  readonly topic: string
  readonly partition: number
  topicId: string | undefined
  readonly logDirectory: string
  readonly directory: string
  config: LogConfig
  logStartOffset: number
  logEndOffset: number
  highWatermark: number
  /** Everything before this offset has been compacted; undefined for never. */
  cleanedTo: number | undefined
  /** How often something was cut off the log's end. */
  truncations = 0
  readonly #clock: Clock

  constructor(
    options: PartitionLogOptions,
    /** What the log consists of; for the storage's own parts. */
    readonly files: LoadedLog,
  ) {
    this.topic = options.topic
    this.partition = options.partition
    this.topicId = options.topicId
    this.logDirectory = options.logDirectory
    this.directory = options.directory
    this.config = options.config
    this.logStartOffset = files.logStartOffset
    this.logEndOffset = files.logEndOffset
    this.highWatermark = files.logStartOffset
    this.#clock = options.context.clock
  }

  get lastStableOffset(): number {
    const unstable = this.files.producers.firstUnstableOffset
    if (unstable === undefined) return this.highWatermark
    // The records that a transaction began with may have been deleted.
    return Math.min(Math.max(unstable, this.logStartOffset), this.highWatermark)
  }

  get latestEpoch(): number | undefined {
    return this.files.epochs.latestEpoch
  }

  get size(): number {
    return this.files.segments.size
  }

  /** Base offset of the first segment; that of the log where it has none. */
  get firstSegmentOffset(): number {
    return this.files.segments.first?.baseOffset ?? this.logStartOffset
  }

  get segmentCount(): number {
    return this.files.segments.count
  }

  segmentStarts(): SegmentStart[] {
    return this.files.segments.all.map(({ baseOffset, modifiedMs }) => ({
      offset: Math.max(baseOffset, this.logStartOffset),
      modifiedMs,
    }))
  }

  endOffsetForEpoch(leaderEpoch: number): EpochEndOffset {
    return this.files.epochs.endOffsetFor(leaderEpoch, this.logEndOffset)
  }

  epochForOffset(offset: number): number | undefined {
    return this.files.epochs.epochForOffset(offset)
  }

  assignEpochStartOffset(leaderEpoch: number, startOffset: number): void {
    this.files.epochs.assign(leaderEpoch, startOffset)
  }

  beginVerification(batch: TransactionalBatch): VerificationGuard | undefined {
    return this.files.producers.beginVerification(batch, this.#clock.now())
  }

  activeProducers(): ProducerSummary[] {
    return this.files.producers.summaries()
  }
}
