import { type DiskCallback, DiskError } from '../env/disk.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import { abortedTxnsOfSlice } from './aborted-transactions.js'
import { AppendQueue, type AppendQueueOwner } from './append-queue.js'
import { canBeReplaced, swapSegments } from './cleaner/segment-swap.js'
import type {
  AppendCallback,
  AppendOrigin,
  Log,
  LogAppendInfo,
  LogCallback,
  LogSlice,
  TimestampAndOffset,
  TransactionContext,
} from './log.js'
import { LogAppender } from './log-appender.js'
import type { LogContext, PartitionLogOptions } from './log-context.js'
import { LogFlusher } from './log-flusher.js'
import type { LoadedLog } from './log-loader.js'
import { EMPTY_SLICE, readLog } from './log-reader.js'
import { LogState } from './log-state.js'
import { LogTimers } from './log-timers.js'
import { finishLog, truncateLog, truncateLogFully } from './log-truncation.js'
import { deletableSegments, removeFirstSegments } from './retention.js'
import type { LogSegment } from './segment.js'
import { type RollerOwner, SegmentRoller } from './segment-roller.js'
import { syncIfCut } from './segment-sync.js'
import { runInSlices, type Slices } from './slices.js'
import { storageError } from './storage-error.js'
import { findByTimestamp, findMaxTimestamp } from './timestamp-lookup.js'
import type { AbortedTxn } from './transaction-index.js'

/** How often a search begins, at most. */
const MAX_SEARCHES = 3

/** The {@link Log} of a partition, in files of a disk. */
export class PartitionLog extends LogState implements Log, AppendQueueOwner, RollerOwner {
  readonly #context: LogContext
  readonly #queue: AppendQueue
  readonly #flusher: LogFlusher
  readonly #roller: SegmentRoller
  readonly #appender: LogAppender
  #failure: KafkaError | undefined
  #isTruncating = false
  #isClosed = false
  #isFlushScheduled = false
  /** Deletions of files, and a flush. */
  readonly #timers = new LogTimers()

  constructor(options: PartitionLogOptions, loaded: LoadedLog) {
    super(options, loaded)
    const { context } = options
    this.#context = context
    this.#queue = new AppendQueue(context.disk, this)
    this.#flusher = new LogFlusher(context.disk, loaded)
    this.#roller = new SegmentRoller(context, this, loaded, this.#flusher)
    this.#appender = new LogAppender(loaded, this.#roller, this.#queue)
  }

  get offline(): boolean {
    return this.#failure !== undefined
  }

  get nextOffset(): number {
    return this.#appender.nextOffset
  }

  get recoveryPoint(): number {
    return this.#flusher.recoveryPoint
  }

  append(
    batches: Buffer,
    leaderEpoch: number,
    origin: AppendOrigin,
    done: AppendCallback,
    context?: TransactionContext,
  ): LogAppendInfo {
    this.#refuseUnlessWritable()
    return this.#attempt(() => {
      return this.#appender.append(batches, leaderEpoch, origin, this.config, done, context)
    })
  }

  appendAsFollower(batches: Buffer, done: AppendCallback): LogAppendInfo {
    this.#refuseUnlessWritable()
    return this.#attempt(() => this.#appender.appendAsFollower(batches, this.config, done))
  }

  read(
    offset: number,
    maxBytes: number,
    upToOffset: number,
    minOneBatch: boolean,
  ): LogSlice | Promise<LogSlice> {
    if (this.#failure !== undefined) throw this.#failure
    if (offset < this.logStartOffset || offset > this.logEndOffset) {
      throw new KafkaError(
        ErrorCode.OFFSET_OUT_OF_RANGE,
        `offset ${offset} is not within ${this.logStartOffset} to ${this.logEndOffset}`,
      )
    }
    if (offset >= upToOffset || offset >= this.logEndOffset) return EMPTY_SLICE
    const read = { offset, maxBytes, upToOffset, minOneBatch, logEndOffset: this.logEndOffset }
    return this.#attempt(() => {
      const slice = readLog(this.#context.buffers, this.files.segments, read)
      if (!(slice instanceof Promise)) return slice
      return slice.catch((error: Error) => Promise.reject(this.#fail(error)))
    })
  }

  abortedTransactions(offset: number, bytes: number): AbortedTxn[] {
    if (this.#failure !== undefined) throw this.#failure
    return this.#attempt(() => {
      return abortedTxnsOfSlice(this.files.segments, offset, bytes, this.logEndOffset)
    })
  }

  bytesBetween(offset: number, upToOffset: number): number {
    return this.#attempt(() => this.files.segments.bytesBetween(offset, upToOffset))
  }

  updateHighWatermark(offset: number): boolean {
    const highWatermark = Math.min(Math.max(offset, this.logStartOffset), this.logEndOffset)
    if (highWatermark === this.highWatermark) return false
    this.highWatermark = highWatermark
    this.files.producers.onHighWatermarkUpdated(highWatermark)
    return true
  }

  flush(done: LogCallback): void {
    if (this.#failure !== undefined) {
      done(this.#failure)
      return
    }
    this.#flusher.flush(this.directory, this.logEndOffset, (error) => {
      done(error === null ? null : this.#fail(error))
    })
  }

  roll(): void {
    this.#refuseUnlessWritable()
    if ((this.files.segments.active?.size ?? 0) > 0) this.#roller.rollAt(this.nextOffset)
  }

  truncateTo(offset: number, done: LogCallback): void {
    this.#truncate(done, async () => {
      if (offset >= this.logEndOffset) return
      const nowMs = this.#context.clock.now()
      if (offset < this.firstSegmentOffset) this.#startAnewAt(offset)
      else {
        await runInSlices(
          this.#context.disk,
          truncateLog(this.files, offset, this.logStartOffset, nowMs),
        )
        this.#context.disk.syncDirectory(this.directory)
        await syncIfCut(this.files.segments.active!)
        this.logStartOffset = Math.min(this.logStartOffset, offset)
        this.#endAt(offset)
      }
    })
  }

  truncateFullyAndStartAt(offset: number, done: LogCallback): void {
    this.#truncate(done, () => {
      this.#startAnewAt(offset)
      return Promise.resolve()
    })
  }

  advanceLogStartOffset(offset: number): boolean {
    this.#refuseUnlessWritable()
    if (offset > this.highWatermark) {
      throw new KafkaError(
        ErrorCode.OFFSET_OUT_OF_RANGE,
        `log start can't move to ${offset}, after the high watermark ${this.highWatermark}`,
      )
    }
    if (offset <= this.logStartOffset) return false
    this.logStartOffset = offset
    this.files.epochs.truncateFromStart(offset)
    return true
  }

  deleteOldSegments(): number {
    if (!this.#isWritable || this.files.segments.count === 0) return 0
    return this.#attempt(() => {
      const count = deletableSegments(this.files.segments, this, this.#context.clock.now())
      if (count === 0) return 0
      if (count === this.files.segments.count) this.#roller.rollAt(this.nextOffset)
      const deleted = removeFirstSegments(this.files, count)
      this.advanceLogStartOffset(this.firstSegmentOffset)
      this.#removeLater(deleted)
      return count
    })
  }

  /**
   * Puts a cleaned segment, which is complete and safe, in the place of those that it was made of.
   *
   * @returns false when the log is closed or has changed meanwhile
   * @throws KafkaError KAFKA_STORAGE_ERROR
   */
  replaceSegments(old: readonly LogSegment[], cleaned: LogSegment): boolean {
    if (!this.#isWritable || !canBeReplaced(this.files, old)) return false
    this.#attempt(() => {
      swapSegments(this.#context.disk, this.directory, this.files, old, cleaned)
    })
    this.#removeLater(old)
    return true
  }

  offsetForTimestamp(timestamp: number): Promise<TimestampAndOffset | undefined> {
    const { segments } = this.files
    return this.#search(() => findByTimestamp(segments, timestamp, this.logStartOffset))
  }

  offsetForMaxTimestamp(): Promise<TimestampAndOffset | undefined> {
    return this.#search(() => findMaxTimestamp(this.files.segments))
  }

  removeExpiredProducers(): void {
    this.files.producers.removeExpired(this.#context.clock.now())
  }

  close(done: LogCallback): void {
    if (this.#isClosed) {
      done(null)
      return
    }
    this.#isClosed = true
    this.#timers.cancelAll()
    this.#queue.whenIdle(() => this.#closeFiles(done))
  }

  /** Says which topic's the log is, where its files didn't. */
  assignTopicId(topicId: string): void {
    this.topicId = topicId
    if (this.files.segments.count === 0 || this.#failure !== undefined) return
    this.#roller.writeMetadata(topicId)
  }

  /** The directory is about to be deleted, and nothing in it will be used again. */
  abandon(): void {
    this.takeOffline(new Error('the log is deleted'))
  }

  /** Takes the log offline: whatever is on its way fails. Harmless the second time. */
  takeOffline(cause: Error): KafkaError {
    if (this.#failure !== undefined) return this.#failure
    const failure = storageError(this.directory, cause)
    this.#failure = failure
    this.#timers.cancelAll()
    for (const segment of this.files.segments.all) segment.close()
    this.#queue.fail(failure)
    return failure
  }

  written(endOffset: number): void {
    this.logEndOffset = endOffset
    this.#roller.sealWritten()
    if (this.config.flushMs !== Number.MAX_SAFE_INTEGER) this.#scheduleFlush()
  }

  mustSync(endOffset: number): boolean {
    return endOffset - this.recoveryPoint >= this.config.flushMessages
  }

  syncWritten(segment: LogSegment, endOffset: number, done: DiskCallback): void {
    this.#flusher.flushWith(segment, this.directory, endOffset, done)
  }

  failed(error: DiskError): KafkaError {
    return this.#fail(error)
  }

  /** Begins again where segments went under it: others have taken their place by then. */
  async #search<T>(begin: () => Slices<T>, attempts = MAX_SEARCHES): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure
    try {
      return await runInSlices(this.#context.disk, begin())
    } catch (error) {
      if (!(error instanceof DiskError) || attempts === 1) throw error
      return this.#search(begin, attempts - 1)
    }
  }

  #truncate(done: LogCallback, work: () => Promise<void>): void {
    this.#queue.whenIdle(() => {
      if (this.#failure !== undefined) {
        done(this.#failure)
        return
      }
      this.#isTruncating = true
      this.truncations++
      const ended = (error: Error | null): void => {
        this.#isTruncating = false
        done(error === null ? null : this.#fail(error))
      }
      work().then(() => ended(null), ended)
    })
  }

  #startAnewAt(offset: number): void {
    truncateLogFully(this.files, offset)
    this.logStartOffset = offset
    this.#endAt(offset)
    this.#flusher.recoveryPoint = offset
    if (this.#context.disk.stat(this.directory) !== undefined) this.#roller.addSegment(offset)
  }

  #endAt(offset: number): void {
    this.logEndOffset = offset
    this.#appender.nextOffset = offset
    this.#flusher.recoveryPoint = Math.min(this.#flusher.recoveryPoint, offset)
    if (this.cleanedTo !== undefined) this.cleanedTo = Math.min(this.cleanedTo, offset)
    this.#flusher.directoryChanged()
    this.updateHighWatermark(Math.min(this.highWatermark, offset))
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    this.#later(this.config.flushMs, () => {
      this.#isFlushScheduled = false
      this.flush(() => {})
    })
  }

  #closeFiles(done: LogCallback): void {
    if (this.#failure !== undefined || this.files.segments.count === 0) {
      done(this.#failure ?? null)
      return
    }
    try {
      finishLog(this.#context.disk, this.files, this)
    } catch (error) {
      done(this.#fail(error as Error))
      return
    }
    this.flush((error) => {
      this.#flusher.whenIdle(() => {
        for (const segment of this.files.segments.all) segment.close()
        this.#failure ??= storageError(this.directory, new Error('the log is closed'))
        done(error)
      })
    })
  }

  /** Whoever reads at them may finish first. */
  #removeLater(segments: readonly LogSegment[]): void {
    this.#later(this.config.fileDeleteDelayMs, () => {
      const discard = (path: string): void => {
        this.#context.disk.discard(path, (error) => error && this.#fail(error))
      }
      for (const segment of segments) segment.removeFiles(discard)
    })
  }

  /** Does this, unless the log is closed or offline by then. */
  #later(delayMs: number, task: () => void): void {
    this.#timers.after(this.#context.clock, delayMs, () => {
      try {
        this.#attempt(task)
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
      }
    })
  }

  /** A disk that fails takes the log offline. */
  #attempt<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw error instanceof DiskError ? this.#fail(error) : error
    }
  }

  get #isWritable(): boolean {
    return this.#failure === undefined && !this.#isClosed && !this.#isTruncating
  }

  #refuseUnlessWritable(): void {
    if (this.#isWritable) return
    const message = `${this.directory} is not open for writing`
    throw this.#failure ?? new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, message)
  }

  #fail(cause: Error): KafkaError {
    if (cause instanceof KafkaError && cause.code !== ErrorCode.KAFKA_STORAGE_ERROR) return cause
    if (this.#failure !== undefined) return this.#failure
    const failure = this.takeOffline(cause)
    this.#context.onFailure(this.logDirectory, cause)
    return failure
  }
}
