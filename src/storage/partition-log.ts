import type { Timer } from '../env/clock.js'
import type { DiskError } from '../env/disk.js'
import { ErrorCode, KafkaError } from '../protocol/errors.js'
import { batchSize, hasProducerId, lastOffset } from '../protocol/records/batch.js'
import { AppendQueue, type AppendQueueOwner } from './append-queue.js'
import {
  analyzeReplicated,
  assignOffsets,
  type BatchAnalysis,
  forEachEpoch,
} from './batch-analysis.js'
import { LEADER_EPOCH_FILE, PARTITION_METADATA_FILE } from './file-names.js'
import { LeaderEpochCache } from './leader-epoch-cache.js'
import type {
  AppendCallback,
  AppendOrigin,
  EpochEndOffset,
  Log,
  LogAppendInfo,
  LogCallback,
  LogSlice,
  ProducerSummary,
  TimestampAndOffset,
} from './log.js'
import type { LogConfig } from './log-config.js'
import type { LogContext } from './log-context.js'
import { LogFlusher } from './log-flusher.js'
import type { LoadedLog } from './log-loader.js'
import { EMPTY_SLICE, readSegment } from './log-reader.js'
import { LogSegments } from './log-segments.js'
import { truncateLog, truncateLogFully } from './log-truncation.js'
import { encodePartitionMetadata } from './partition-metadata.js'
import type { ProducerBatch } from './producer-entry.js'
import { ProducerSnapshots } from './producer-snapshots.js'
import { ProducerState } from './producer-state.js'
import { deletableSegments } from './retention.js'
import { LogSegment } from './segment.js'
import { runInSlices } from './slices.js'
import { storageError } from './storage-error.js'
import { findByTimestamp, findMaxTimestamp } from './timestamp-lookup.js'

export interface PartitionLogOptions {
  readonly context: LogContext
  /** The one of `log.dirs` that it is in. */
  readonly logDirectory: string
  /** Its own directory. */
  readonly directory: string
  readonly topic: string
  readonly partition: number
  readonly topicId: string | undefined
  readonly config: LogConfig
}

/** What a log with no files begins with: nothing at offset 0. */
export function emptyLog(context: LogContext, directory: string): LoadedLog {
  return {
    segments: new LogSegments(),
    epochs: new LeaderEpochCache(context.disk, `${directory}/${LEADER_EPOCH_FILE}`),
    producers: new ProducerState(context.producerIdExpirationMs),
    snapshots: new ProducerSnapshots(context.disk, directory, []),
    logStartOffset: 0,
    logEndOffset: 0,
    recoveryPoint: 0,
  }
}

/** The {@link Log} of a partition, in files of a disk. */
export class PartitionLog implements Log, AppendQueueOwner {
  readonly topic: string
  readonly partition: number
  topicId: string | undefined
  readonly logDirectory: string
  readonly directory: string
  config: LogConfig
  logStartOffset: number
  logEndOffset: number
  nextOffset: number
  highWatermark: number
  readonly #context: LogContext
  readonly #segments: LogSegments
  readonly #epochs: LeaderEpochCache
  readonly #producers: ProducerState
  readonly #snapshots: ProducerSnapshots
  readonly #queue: AppendQueue
  readonly #flusher: LogFlusher
  /** Segments that another follows, whose last write hasn't completed. */
  readonly #unsealed: { segment: LogSegment; endOffset: number; snapshot: Buffer }[] = []
  #rollJitterMs: number
  #failure: KafkaError | undefined
  #isTruncating = false
  #isClosed = false
  #isFlushScheduled = false
  /** Deletions of files, and a flush. */
  readonly #timers = new Set<Timer>()

  constructor(options: PartitionLogOptions, loaded: LoadedLog) {
    const { context } = options
    this.#context = context
    this.topic = options.topic
    this.partition = options.partition
    this.topicId = options.topicId
    this.logDirectory = options.logDirectory
    this.directory = options.directory
    this.config = options.config
    this.logStartOffset = loaded.logStartOffset
    this.logEndOffset = loaded.logEndOffset
    this.nextOffset = loaded.logEndOffset
    this.highWatermark = loaded.logStartOffset
    this.#segments = loaded.segments
    this.#epochs = loaded.epochs
    this.#producers = loaded.producers
    this.#snapshots = loaded.snapshots
    this.#queue = new AppendQueue(context.disk, this)
    this.#flusher = new LogFlusher(
      context.disk,
      loaded.segments,
      loaded.epochs,
      loaded.recoveryPoint,
    )
    this.#rollJitterMs = this.#drawJitter()
  }

  get offline(): boolean {
    return this.#failure !== undefined
  }

  get lastStableOffset(): number {
    const unstable = this.#producers.firstUnstableOffset
    return unstable === undefined ? this.highWatermark : Math.min(unstable, this.highWatermark)
  }

  get recoveryPoint(): number {
    return this.#flusher.recoveryPoint
  }

  get latestEpoch(): number | undefined {
    return this.#epochs.latestEpoch
  }

  get size(): number {
    return this.#segments.size
  }

  /** Base offset of the first segment; that of the log where it has none. */
  get firstSegmentOffset(): number {
    return this.#segments.first?.baseOffset ?? this.logStartOffset
  }

  get segmentCount(): number {
    return this.#segments.count
  }

  append(
    batches: Buffer,
    leaderEpoch: number,
    origin: AppendOrigin,
    done: AppendCallback,
  ): LogAppendInfo {
    this.#refuseUnlessWritable()
    const analysis = assignOffsets(
      batches,
      this.nextOffset,
      leaderEpoch,
      this.config.maxMessageBytes,
    )
    for (let at = 0; at < batches.length; at += batchSize(batches, at)) {
      if (!hasProducerId(batches, at)) continue
      const duplicate = this.#producers.check(batches, at, origin)
      if (duplicate !== undefined) return this.#appendDuplicate(duplicate, done)
    }
    if (leaderEpoch > (this.#epochs.latestEpoch ?? -1)) {
      this.#epochs.assign(leaderEpoch, analysis.firstOffset)
    }
    return this.#submit(batches, analysis, done)
  }

  appendAsFollower(batches: Buffer, done: AppendCallback): LogAppendInfo {
    this.#refuseUnlessWritable()
    const analysis = analyzeReplicated(batches, this.nextOffset)
    const whole = batches.subarray(0, analysis.bytes)
    forEachEpoch(whole, this.#epochs.latestEpoch ?? -1, (epoch, firstOffset) => {
      this.#epochs.assign(epoch, firstOffset)
    })
    return this.#submit(whole, analysis, done)
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
    try {
      return this.#readFrom(
        this.#segments.indexOf(offset),
        offset,
        maxBytes,
        upToOffset,
        minOneBatch,
      )
    } catch (error) {
      throw this.#fail(error as Error)
    }
  }

  updateHighWatermark(offset: number): boolean {
    const highWatermark = Math.min(Math.max(offset, this.logStartOffset), this.logEndOffset)
    if (highWatermark === this.highWatermark) return false
    this.highWatermark = highWatermark
    this.#producers.onHighWatermarkUpdated(highWatermark)
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
    if ((this.#segments.active?.size ?? 0) > 0) this.#rollAt(this.nextOffset)
  }

  truncateTo(offset: number, done: LogCallback): void {
    this.#truncate(done, async () => {
      if (offset >= this.logEndOffset) return
      if (offset < (this.#segments.first?.baseOffset ?? 0)) this.#startAnewAt(offset)
      else {
        await runInSlices(this.#context.disk, truncateLog(this.#files(), offset))
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
    this.#epochs.truncateFromStart(offset)
    return true
  }

  deleteOldSegments(): number {
    if (this.#failure !== undefined || this.#isTruncating || this.#segments.count === 0) return 0
    try {
      const count = deletableSegments(this.#segments, this, this.#context.clock.now())
      if (count === 0) return 0
      if (count === this.#segments.count) this.#rollAt(this.nextOffset)
      const deleted = this.#segments.removeFirst(count)
      const logStart = this.#segments.first!.baseOffset
      if (logStart > this.logStartOffset) this.advanceLogStartOffset(logStart)
      for (const segment of deleted) this.#deleteSegment(segment)
      return count
    } catch (error) {
      this.#fail(error as Error)
      return 0
    }
  }

  offsetForTimestamp(timestamp: number): Promise<TimestampAndOffset | undefined> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const search = findByTimestamp(this.#segments, timestamp, this.logStartOffset)
    return runInSlices(this.#context.disk, search)
  }

  offsetForMaxTimestamp(): Promise<TimestampAndOffset | undefined> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return runInSlices(this.#context.disk, findMaxTimestamp(this.#segments))
  }

  endOffsetForEpoch(leaderEpoch: number): EpochEndOffset {
    return this.#epochs.endOffsetFor(leaderEpoch, this.logEndOffset)
  }

  epochForOffset(offset: number): number | undefined {
    return this.#epochs.epochForOffset(offset)
  }

  assignEpochStartOffset(leaderEpoch: number, startOffset: number): void {
    this.#epochs.assign(leaderEpoch, startOffset)
  }

  activeProducers(): ProducerSummary[] {
    return this.#producers.summaries()
  }

  removeExpiredProducers(): void {
    this.#producers.removeExpired(this.#context.clock.now())
  }

  close(done: LogCallback): void {
    if (this.#isClosed) {
      done(null)
      return
    }
    this.#isClosed = true
    this.#cancelTimers()
    this.#queue.whenIdle(() => this.#closeFiles(done))
  }

  /** Says which topic's the log is, where its files didn't. */
  assignTopicId(topicId: string): void {
    this.topicId = topicId
    if (this.#segments.count === 0 || this.#failure !== undefined) return
    try {
      this.#writeMetadata(topicId)
    } catch (error) {
      this.#fail(error as Error)
    }
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
    this.#cancelTimers()
    for (const segment of this.#segments.all) segment.close()
    this.#queue.fail(failure)
    return failure
  }

  written(endOffset: number): void {
    this.logEndOffset = endOffset
    if (this.#unsealed.length > 0) this.#sealNext()
    if (this.config.flushMs !== Number.MAX_SAFE_INTEGER) this.#scheduleFlush()
  }

  mustSync(endOffset: number): boolean {
    return endOffset - this.recoveryPoint >= this.config.flushMessages
  }

  failed(error: DiskError): KafkaError {
    return this.#fail(error)
  }

  #submit(batches: Buffer, analysis: BatchAnalysis, done: AppendCallback): LogAppendInfo {
    const segment = this.#segmentFor(analysis)
    for (let at = 0; at < batches.length; ) {
      segment.append(batches, at, this.config)
      if (hasProducerId(batches, at)) {
        const completed = this.#producers.add(batches, at)
        if (completed !== undefined) this.#producers.completeTxn(completed)
      } else {
        this.#producers.endOffset = lastOffset(batches, at) + 1
      }
      at += batchSize(batches, at)
    }
    const info: LogAppendInfo = {
      firstOffset: analysis.firstOffset,
      lastOffset: analysis.lastOffset,
      maxTimestamp: analysis.maxTimestamp,
      duplicate: false,
    }
    this.nextOffset = analysis.lastOffset + 1
    this.#queue.submit({ bytes: batches, segment, endOffset: this.nextOffset, info, done })
    return info
  }

  // The first append may still be on its way; its repetition is answered after it.
  #appendDuplicate(batch: ProducerBatch, done: AppendCallback): LogAppendInfo {
    const info: LogAppendInfo = {
      firstOffset: batch.lastOffset - batch.offsetDelta,
      lastOffset: batch.lastOffset,
      maxTimestamp: batch.timestamp,
      duplicate: true,
    }
    const segment = this.#segments.active!
    this.#queue.submit({ bytes: undefined, segment, endOffset: this.nextOffset, info, done })
    return info
  }

  #segmentFor({ bytes, firstOffset, lastOffset, maxTimestamp }: BatchAnalysis): LogSegment {
    const { config } = this
    if (bytes > config.segmentBytes) {
      throw new KafkaError(
        ErrorCode.RECORD_LIST_TOO_LARGE,
        `${bytes} bytes of records are more than a segment holds (${config.segmentBytes})`,
      )
    }
    try {
      const active = this.#segments.active ?? this.#createFiles()
      const maxAgeMs = config.segmentMs - this.#rollJitterMs
      if (!active.shouldRoll(bytes, lastOffset, maxTimestamp, config, maxAgeMs)) return active
      return this.#rollAt(Math.max(firstOffset, this.nextOffset))
    } catch (error) {
      throw this.#fail(error as Error)
    }
  }

  #createFiles(): LogSegment {
    const { disk } = this.#context
    disk.makeDirectory(this.directory)
    if (this.topicId !== undefined) this.#writeMetadata(this.topicId)
    return this.#addSegment(this.nextOffset)
  }

  #writeMetadata(topicId: string): void {
    const path = `${this.directory}/${PARTITION_METADATA_FILE}`
    this.#context.disk.writeFile(path, encodePartitionMetadata(topicId))
  }

  #addSegment(baseOffset: number): LogSegment {
    const segment = LogSegment.create(this.#context, this.directory, baseOffset)
    this.#segments.push(segment)
    this.#flusher.directoryChanged()
    return segment
  }

  #rollAt(baseOffset: number): LogSegment {
    const segment = this.#segments.active!
    // An empty segment can only be too full for an offset beyond its range: it begins anew.
    if (segment.size === 0) {
      this.#segments.removeFrom(segment.baseOffset)
      segment.removeFiles()
      return this.#addSegment(baseOffset)
    }
    this.#producers.endOffset = baseOffset
    this.#unsealed.push({ segment, endOffset: baseOffset, snapshot: this.#producers.snapshot() })
    this.#snapshots.add(baseOffset)
    this.#rollJitterMs = this.#drawJitter()
    const next = this.#addSegment(baseOffset)
    this.#sealNext()
    return next
  }

  #sealNext(): void {
    for (;;) {
      const head = this.#unsealed[0]
      if (head === undefined || head.segment.visibleSize < head.segment.size) return
      this.#unsealed.shift()
      const snapshot = { path: this.#snapshots.path(head.endOffset), content: head.snapshot }
      this.#flusher.seal(this.directory, head.segment, head.endOffset, snapshot, (error) => {
        if (error !== null && !this.#isClosed) this.#fail(error)
      })
    }
  }

  #readFrom(
    index: number,
    offset: number,
    maxBytes: number,
    upToOffset: number,
    minOneBatch: boolean,
  ): LogSlice | Promise<LogSlice> {
    const segment = this.#segments.at(index)
    if (segment === undefined || segment.baseOffset >= upToOffset) return EMPTY_SLICE
    const next = this.#segments.at(index + 1)
    const endsHere = upToOffset < (next?.baseOffset ?? this.logEndOffset)
    const slice = readSegment(this.#context.buffers, {
      segment,
      offset,
      maxBytes,
      endPosition: endsHere ? segment.positionOf(upToOffset) : segment.visibleSize,
      minOneBatch,
      isOld: next !== undefined,
    })
    // Compaction may have taken what the segment had at its end.
    const orNext = (found: LogSlice | undefined): LogSlice | Promise<LogSlice> => {
      return found ?? this.#readFrom(index + 1, offset, maxBytes, upToOffset, minOneBatch)
    }
    if (!(slice instanceof Promise)) return orNext(slice)
    return slice.then(orNext, (error: Error) => Promise.reject(this.#fail(error)))
  }

  #truncate(done: LogCallback, work: () => Promise<void>): void {
    if (this.#failure !== undefined) {
      done(this.#failure)
      return
    }
    this.#queue.whenIdle(() => {
      if (this.#failure !== undefined) {
        done(this.#failure)
        return
      }
      this.#isTruncating = true
      work().then(
        () => {
          this.#isTruncating = false
          done(null)
        },
        (error: Error) => {
          this.#isTruncating = false
          done(this.#fail(error))
        },
      )
    })
  }

  #files() {
    return {
      segments: this.#segments,
      producers: this.#producers,
      snapshots: this.#snapshots,
      epochs: this.#epochs,
      logStartOffset: this.logStartOffset,
      nowMs: this.#context.clock.now(),
    }
  }

  #startAnewAt(offset: number): void {
    truncateLogFully(this.#files(), offset)
    this.logStartOffset = offset
    this.#endAt(offset)
    this.#flusher.recoveryPoint = offset
    if (this.#context.disk.stat(this.directory) !== undefined) this.#addSegment(offset)
  }

  #endAt(offset: number): void {
    this.logEndOffset = offset
    this.nextOffset = offset
    this.#flusher.recoveryPoint = Math.min(this.#flusher.recoveryPoint, offset)
    this.updateHighWatermark(Math.min(this.highWatermark, offset))
  }

  #deleteSegment(segment: LogSegment): void {
    segment.markDeleted()
    this.#snapshots.remove(segment.baseOffset)
    this.#after(this.config.fileDeleteDelayMs, () => {
      try {
        segment.removeDeletedFiles()
      } catch (error) {
        this.#fail(error as Error)
      }
    })
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    this.#after(this.config.flushMs, () => {
      this.#isFlushScheduled = false
      this.flush(() => {})
    })
  }

  /** Calls `task` later, unless the log is closed or offline by then. */
  #after(delayMs: number, task: () => void): void {
    const timer = this.#context.clock.after(delayMs, () => {
      this.#timers.delete(timer)
      task()
    })
    this.#timers.add(timer)
  }

  #cancelTimers(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  #closeFiles(done: LogCallback): void {
    if (this.#failure !== undefined || this.#segments.count === 0) {
      done(this.#failure ?? null)
      return
    }
    try {
      for (const segment of this.#segments.all) segment.writeIndexes()
      this.#producers.endOffset = this.logEndOffset
      if (this.#snapshots.latest !== this.logEndOffset && this.logEndOffset > this.logStartOffset) {
        const path = this.#snapshots.path(this.logEndOffset)
        this.#context.disk.writeFile(path, this.#producers.snapshot())
        this.#snapshots.add(this.logEndOffset)
      }
    } catch (error) {
      done(this.#fail(error as Error))
      return
    }
    this.flush((error) => {
      for (const segment of this.#segments.all) segment.close()
      done(error)
    })
  }

  #refuseUnlessWritable(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#isClosed || this.#isTruncating) {
      throw new KafkaError(
        ErrorCode.KAFKA_STORAGE_ERROR,
        `${this.directory} is not open for writing`,
      )
    }
  }

  #fail(cause: Error): KafkaError {
    if (cause instanceof KafkaError && cause.code !== ErrorCode.KAFKA_STORAGE_ERROR) return cause
    if (this.#failure !== undefined) return this.#failure
    const failure = this.takeOffline(cause)
    this.#context.onFailure(this.logDirectory, cause)
    return failure
  }

  #drawJitter(): number {
    const { segmentJitterMs, segmentMs } = this.config
    const bound = Math.min(segmentJitterMs, segmentMs)
    return bound <= 0 ? 0 : Math.floor(this.#context.random.fraction() * bound)
  }
}
