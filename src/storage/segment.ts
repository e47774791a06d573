import type { DiskFile } from '../env/disk.js'
import { batchSize, lastOffset, maxRecordTime, NO_TIMESTAMP } from '../protocol/records/batch.js'
import { scanHeaders } from './batch-scan.js'
import {
  DELETED_SUFFIX,
  fileName,
  INDEX_SUFFIX,
  LOG_SUFFIX,
  TIME_INDEX_SUFFIX,
  TXN_INDEX_SUFFIX,
} from './file-names.js'
import type { IndexHolder } from './index-cache.js'
import type { LogConfig } from './log-config.js'
import type { LogContext } from './log-context.js'
import { OffsetIndex } from './offset-index.js'
import { TimeIndex, type TimestampOffset } from './time-index.js'
import { type AbortedTxn, TransactionIndex } from './transaction-index.js'

const SUFFIXES = [LOG_SUFFIX, INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX]

/**
 * One stretch of a log: its file of batches and the indexes to it (Kafka's `LogSegment`). The last
 * segment of a log, the active one, has its indexes in memory; the files are written when another
 * follows or the log is closed, as a crash makes them be built anew in any case. Sealed segments
 * read theirs when they are needed.
 */
export class LogSegment implements IndexHolder {
  /** Bytes, with what is in flight. */
  size: number
  /** Bytes that have been written and may be read. */
  visibleSize: number
  /** Everything up to here survives a crash, bytes. */
  syncedSize = 0
  readonly createdMs: number
  #file: DiskFile | undefined
  #offsetIndex: OffsetIndex | undefined
  #timeIndex: TimeIndex | undefined
  #txnIndex: TransactionIndex | undefined
  #isActive = false
  #indexesChanged = false
  #bytesSinceLastIndexEntry = 0
  /** Undefined until it has been looked up in the files. */
  #max: TimestampOffset | undefined
  /** Timestamp of the first batch, by which the segment's age is counted; undefined until read. */
  #firstTimestamp: number | undefined
  /** What the names of the files end with besides: nothing but while it is being made or deleted. */
  #suffix = ''
  #modifiedMs: number | undefined

  private constructor(
    private readonly context: LogContext,
    public directory: string,
    readonly baseOffset: number,
    size: number,
  ) {
    this.size = size
    this.visibleSize = size
    this.createdMs = context.clock.now()
  }

  /**
   * A new segment with an empty file; what a file of that name held is gone.
   *
   * @param suffix what the names of the files end with, as long as the segment isn't the log's
   */
  static create(
    context: LogContext,
    directory: string,
    baseOffset: number,
    suffix = '',
  ): LogSegment {
    const segment = new LogSegment(context, directory, baseOffset, 0)
    segment.#suffix = suffix
    const file = context.disk.open(segment.path(LOG_SUFFIX), { create: true })
    if (file.length > 0) file.truncate(0)
    segment.#file = file
    segment.resetIndexes()
    segment.activate()
    return segment
  }

  /** A segment whose files are there. */
  static open(
    context: LogContext,
    directory: string,
    baseOffset: number,
    size: number,
  ): LogSegment {
    return new LogSegment(context, directory, baseOffset, size)
  }

  path(suffix: string): string {
    return `${this.directory}/${fileName(this.baseOffset, suffix)}${this.#suffix}`
  }

  get file(): DiskFile {
    this.#file ??= this.context.disk.open(this.path(LOG_SUFFIX))
    return this.#file
  }

  get offsetIndex(): OffsetIndex {
    if (this.#offsetIndex === undefined) this.#loadIndexes()
    else if (!this.#isActive) this.context.indexes.touch(this)
    return this.#offsetIndex!
  }

  get timeIndex(): TimeIndex {
    if (this.#timeIndex === undefined) this.#loadIndexes()
    else if (!this.#isActive) this.context.indexes.touch(this)
    return this.#timeIndex!
  }

  /** The transactions that a marker in this segment has aborted. */
  get txnIndex(): TransactionIndex {
    if (this.#txnIndex === undefined) {
      const bytes = this.context.disk.readFile(this.path(TXN_INDEX_SUFFIX)) ?? Buffer.alloc(0)
      // Damage was looked for when the log was opened.
      this.#txnIndex = TransactionIndex.load(this.baseOffset, bytes) ?? new TransactionIndex()
      if (!this.#isActive && !this.#txnIndex.isEmpty) this.context.indexes.touch(this)
    }
    return this.#txnIndex
  }

  get indexMemoryBytes(): number {
    const indexes = [this.#offsetIndex, this.#timeIndex, this.#txnIndex]
    return indexes.reduce((bytes, index) => bytes + (index?.memoryBytes ?? 0), 0)
  }

  /** The largest timestamp with the last offset of the first batch that has it; -1 if none has. */
  get max(): TimestampOffset {
    this.#max ??= this.#readMax()
    return this.#max
  }

  /** Timestamp of the youngest record, for retention; of the file where no record has one. */
  get largestTimestamp(): number {
    const { timestamp } = this.max
    return timestamp >= 0 ? timestamp : this.modifiedMs
  }

  /** When the file was last written to. */
  get modifiedMs(): number {
    const { disk } = this.context
    return this.#modifiedMs ?? disk.stat(this.path(LOG_SUFFIX))?.modifiedMs ?? this.createdMs
  }

  /** A segment that is made of older ones is as old as they are. */
  set modifiedMs(modifiedMs: number) {
    this.#modifiedMs = modifiedMs
  }

  /** Nothing is written to it any more, and all of it survives a crash. */
  get isSealed(): boolean {
    return !this.#isActive && this.syncedSize >= this.visibleSize
  }

  /** It isn't the log's any more, and its files are going. */
  get isDeleted(): boolean {
    return this.#suffix === DELETED_SUFFIX
  }

  /** Keeps the indexes in memory: this segment is written to from now on. */
  activate(): void {
    this.offsetIndex
    this.txnIndex
    this.#isActive = true
    this.context.indexes.remove(this)
  }

  /** Notes a batch of the buffer, at `at`, as appended to the file. */
  append(bytes: Buffer, at: number, config: LogConfig): void {
    const last = lastOffset(bytes, at)
    const timestamp = maxRecordTime(bytes, at)
    if (this.size === 0) this.#firstTimestamp = timestamp
    if (timestamp > this.max.timestamp) this.#max = { timestamp, offset: last }
    if (this.#bytesSinceLastIndexEntry > config.indexIntervalBytes) {
      this.offsetIndex.append(last, this.size)
      const max = this.max
      this.timeIndex.maybeAppend(max.timestamp, max.offset)
      this.#bytesSinceLastIndexEntry = 0
    }
    const size = batchSize(bytes, at)
    this.#bytesSinceLastIndexEntry += size
    this.#indexesChanged = true
    this.size += size
  }

  /** Notes a transaction that a marker which was just appended has aborted. */
  addAbortedTxn(txn: AbortedTxn): void {
    this.txnIndex.append(txn)
    this.#indexesChanged = true
  }

  /** Whether what is to be appended needs a new segment (Kafka's `LogSegment.shouldRoll`). */
  shouldRoll(
    bytes: number,
    last: number,
    timestamp: number,
    config: LogConfig,
    maxAgeMs: number,
  ): boolean {
    return (
      this.size > config.segmentBytes - bytes ||
      (this.size > 0 && this.#ageFor(timestamp) > maxAgeMs) ||
      this.offsetIndex.isFull(config.segmentIndexBytes) ||
      this.timeIndex.isFull(config.segmentIndexBytes) ||
      !this.offsetIndex.canHold(last)
    )
  }

  /** Offset after the last batch. */
  readNextOffset(): number {
    let next = this.baseOffset
    const from = this.offsetIndex.lookup(this.offsetIndex.lastOffset).position
    scanHeaders(this.file, from, this.size, (bytes, at) => {
      next = lastOffset(bytes, at) + 1
      return true
    })
    return next
  }

  /** Position of the first batch that ends at `offset` or later; the visible size if none does. */
  positionOf(offset: number): number {
    const from = this.offsetIndex.lookup(offset).position
    return scanHeaders(
      this.file,
      from,
      this.visibleSize,
      (bytes, at) => lastOffset(bytes, at) < offset,
    )
  }

  /** Begins the indexes anew, as before the first {@link append}. The segment counts as empty. */
  resetIndexes(): void {
    this.#offsetIndex = new OffsetIndex(this.baseOffset)
    this.#timeIndex = new TimeIndex(this.baseOffset)
    this.#txnIndex = new TransactionIndex()
    this.#max = { timestamp: NO_TIMESTAMP, offset: this.baseOffset }
    this.#firstTimestamp = undefined
    this.#bytesSinceLastIndexEntry = 0
    this.#indexesChanged = true
    this.size = 0
  }

  /** Removes the batches that end at `offset` or later; nothing may be in flight. */
  truncateTo(offset: number): void {
    const position = this.positionOf(offset)
    this.offsetIndex.truncateTo(offset)
    this.timeIndex.truncateTo(offset)
    this.txnIndex.truncateTo(offset)
    this.setSize(position)
    this.file.truncate(position)
    // Even nothing has to be synced, or what was cut off may come back behind what follows.
    this.syncedSize = -1
    this.#max = undefined
    if (position === 0) this.#firstTimestamp = undefined
    this.#bytesSinceLastIndexEntry = 0
    this.#indexesChanged = true
  }

  /** Says how much of the file is the log's. */
  setSize(size: number): void {
    this.size = size
    this.visibleSize = size
  }

  /**
   * The index files' content, to be written; undefined when they are as they should be. They get an
   * entry for the largest timestamp, by which retention goes.
   */
  takeIndexFiles(): { path: string; content: Buffer }[] | undefined {
    if (!this.#indexesChanged) return undefined
    this.#indexesChanged = false
    const { timestamp, offset } = this.max
    this.timeIndex.maybeAppend(timestamp, offset)
    const files = [
      { path: this.path(INDEX_SUFFIX), content: this.offsetIndex.toBuffer() },
      { path: this.path(TIME_INDEX_SUFFIX), content: this.timeIndex.toBuffer() },
    ]
    const txns = { path: this.path(TXN_INDEX_SUFFIX), content: this.txnIndex.toBuffer() }
    const hasTxns = txns.content.length > 0 || this.context.disk.stat(txns.path) !== undefined
    return hasTxns ? [...files, txns] : files
  }

  /** Writes the index files at once, unsynced. */
  writeIndexes(): void {
    for (const { path, content } of this.takeIndexFiles() ?? []) {
      this.context.disk.writeFile(path, content)
    }
    if (!this.#isActive) this.context.indexes.touch(this)
  }

  /** Nothing is written to the segment any more, and its index files are there. */
  seal(): void {
    this.#isActive = false
    this.context.indexes.touch(this)
  }

  unloadIndexes(): void {
    if (this.#isActive || this.#indexesChanged) return
    this.#offsetIndex = undefined
    this.#timeIndex = undefined
    // That there are none is worth remembering, since every read_committed fetch asks.
    if (this.#txnIndex?.isEmpty === false) this.#txnIndex = undefined
  }

  /** Whether the index files are there; if not they have to be built anew. */
  get hasIndexes(): boolean {
    const { disk } = this.context
    const isThere = (suffix: string): boolean => disk.stat(this.path(suffix)) !== undefined
    return [INDEX_SUFFIX, TIME_INDEX_SUFFIX].every(isThere) && this.#hasSoundTxnIndex()
  }

  /** Whether the index files are there and make sense; if not they have to be built anew. */
  hasSoundIndexes(): boolean {
    const { disk } = this.context
    const offsets = disk.readFile(this.path(INDEX_SUFFIX))
    const times = disk.readFile(this.path(TIME_INDEX_SUFFIX))
    if (offsets === undefined || times === undefined) return false
    this.#offsetIndex = OffsetIndex.load(this.baseOffset, offsets)
    this.#timeIndex = TimeIndex.load(this.baseOffset, times)
    this.context.indexes.touch(this)
    if (this.#offsetIndex === undefined || this.#timeIndex === undefined) return false
    return this.#hasSoundTxnIndex()
  }

  #hasSoundTxnIndex(): boolean {
    const bytes = this.context.disk.readFile(this.path(TXN_INDEX_SUFFIX))
    return bytes === undefined || TransactionIndex.load(this.baseOffset, bytes) !== undefined
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
    this.context.indexes.remove(this)
  }

  /** Renames the files so that they are never taken for a segment again. */
  markDeleted(): void {
    this.changeSuffix(DELETED_SUFFIX)
  }

  /** Renames the files: from now on this comes after the ending of each. */
  changeSuffix(suffix: string): void {
    const { disk } = this.context
    this.close()
    for (const ending of SUFFIXES) {
      const path = this.path(ending)
      const renamed = path.slice(0, path.length - this.#suffix.length) + suffix
      if (disk.stat(path) !== undefined) disk.rename(path, renamed)
    }
    this.#suffix = suffix
  }

  /** Deletes the files under the names that they have now. */
  removeFiles(remove = (path: string) => this.context.disk.remove(path)): void {
    this.close()
    for (const ending of SUFFIXES) remove(this.path(ending))
    this.#suffix = DELETED_SUFFIX
  }

  /** The largest timestamp of the first batch, -1 if there is none. */
  get firstTimestamp(): number {
    if (this.#firstTimestamp === undefined) {
      this.#firstTimestamp = NO_TIMESTAMP
      scanHeaders(this.file, 0, this.visibleSize, (bytes, at) => {
        this.#firstTimestamp = maxRecordTime(bytes, at)
        return false
      })
    }
    return this.#firstTimestamp
  }

  #ageFor(timestamp: number): number {
    if (this.firstTimestamp >= 0) return timestamp - this.firstTimestamp
    return this.context.clock.now() - this.createdMs
  }

  #readMax(): TimestampOffset {
    let max = this.timeIndex.last
    const from = this.offsetIndex.lookup(max.offset).position
    scanHeaders(this.file, from, this.visibleSize, (bytes, at) => {
      const timestamp = maxRecordTime(bytes, at)
      if (timestamp > max.timestamp) max = { timestamp, offset: lastOffset(bytes, at) }
      return true
    })
    return max
  }

  #loadIndexes(): void {
    const { disk } = this.context
    const offsets = disk.readFile(this.path(INDEX_SUFFIX)) ?? Buffer.alloc(0)
    const times = disk.readFile(this.path(TIME_INDEX_SUFFIX)) ?? Buffer.alloc(0)
    // Damage was looked for when the log was opened; an empty index is right, if slow.
    this.#offsetIndex = OffsetIndex.load(this.baseOffset, offsets)
    this.#offsetIndex ??= new OffsetIndex(this.baseOffset)
    this.#timeIndex = TimeIndex.load(this.baseOffset, times) ?? new TimeIndex(this.baseOffset)
    if (!this.#isActive) this.context.indexes.touch(this)
  }
}
