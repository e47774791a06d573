import {
  batchesOf,
  isChecksumValid,
  isControl,
  lastOffset,
  recordsCount,
} from '../../protocol/records/batch.js'
import { recordsOf } from '../../protocol/records/record.js'
import { collectAbortedTxns } from '../aborted-transactions.js'
import type { LogContext } from '../log-context.js'
import type { PartitionLog } from '../partition-log.js'
import type { LogSegment } from '../segment.js'
import type { Slices } from '../slices.js'
import { type CleaningRules, cleanBatch } from './batch-cleaner.js'
import { CleanedSegment } from './cleaned-segment.js'
import { CleanedTransactions } from './cleaned-transactions.js'
import type { CleanerConfig } from './cleaner-config.js'
import { type CleanerPace, CleaningAborted, RECORDS_A_SLICE } from './cleaner-pace.js'
import { type CleanableRange, segmentsBetween } from './log-to-clean.js'
import { BYTES_PER_KEY, OffsetMap } from './offset-map.js'
import { chunksOf } from './segment-chunks.js'
import { groupSegments } from './segment-groups.js'

/** What a cleaning has come to. */
export interface CleaningResult {
  readonly bytesBefore: number
  readonly bytesAfter: number
}

/**
 * One cleaning of one log (Kafka's `Cleaner`): notes the last offset of every key in the dirty part,
 * then writes anew every segment from the first on without the records that a later one of the same
 * key makes useless. Segments are replaced group by group; offsets stay what they were.
 */
export class LogCompaction {
  readonly #map: OffsetMap
  readonly #maxKeys: number
  readonly #truncations: number
  /** The segments that are being read. */
  #reading: readonly LogSegment[] = []

  constructor(
    private readonly context: LogContext,
    private readonly log: PartitionLog,
    private readonly range: CleanableRange,
    private readonly config: CleanerConfig,
    private readonly pace: CleanerPace,
  ) {
    this.#truncations = log.truncations
    const { firstDirtyOffset, firstUncleanableOffset } = range
    const { dedupeBufferBytes, dedupeBufferLoadFactor } = config
    // There can't be more keys than records: most cleanings need but a part of what they may take.
    const keys = Math.ceil((firstUncleanableOffset - firstDirtyOffset) / dedupeBufferLoadFactor) + 1
    this.#map = new OffsetMap(Math.min(dedupeBufferBytes, keys * BYTES_PER_KEY))
    this.#maxKeys = Math.floor(this.#map.slots * dedupeBufferLoadFactor)
  }

  /**
   * @throws CleaningAborted; KafkaError CORRUPT_MESSAGE or INVALID_RECORD, or another Error, for a log
   *   that can't be cleaned; DiskError
   */
  async run(): Promise<CleaningResult> {
    try {
      await this.#fillMap()
      const nextDirtyOffset = this.#map.latestOffset + 1
      if (nextDirtyOffset <= this.range.firstDirtyOffset) {
        throw new Error('log.cleaner.dedupe.buffer.size leaves no room for a single key')
      }
      const result = await this.#cleanTo(nextDirtyOffset)
      this.log.cleanedTo = nextDirtyOffset
      return result
    } catch (error) {
      // What went while it was read is neither damaged nor a failure of the disk.
      throw this.#isUnchanged() ? error : new CleaningAborted()
    }
  }

  /** Notes the keys of the dirty part, until there is no room for more. */
  async #fillMap(): Promise<void> {
    const { firstDirtyOffset, firstUncleanableOffset } = this.range
    const { segments } = this.log.files
    const dirty = segmentsBetween(segments, firstDirtyOffset, firstUncleanableOffset)
    const transactions = new CleanedTransactions()
    const first = segments.indexOf(firstDirtyOffset)
    transactions.add(collectAbortedTxns(segments, first, firstDirtyOffset, firstUncleanableOffset))
    this.#reading = dirty
    for (const [i, segment] of dirty.entries()) {
      const from = segment.offsetIndex.lookup(firstDirtyOffset).position
      for await (const chunk of chunksOf(segment, from, this.config.ioBufferBytes / 2)) {
        await this.#afterBytes(chunk.length)
        for (const at of batchesOf(chunk)) {
          const isFull = await this.#drive(this.#noteKeys(chunk, at, transactions))
          if (isFull) return
          await this.pace.afterRecords(recordsCount(chunk, at))
        }
      }
      // Nothing that compaction left out is missing.
      this.#map.latestOffset = (dirty[i + 1]?.baseOffset ?? firstUncleanableOffset) - 1
    }
  }

  /** @returns whether the map is full */
  *#noteKeys(bytes: Buffer, at: number, transactions: CleanedTransactions): Slices<boolean> {
    const { firstDirtyOffset } = this.range
    const last = lastOffset(bytes, at)
    if (isControl(bytes, at)) transactions.onControlBatch(bytes, at)
    else if (!transactions.onBatch(bytes, at) && last >= firstDirtyOffset) {
      let count = 0
      for (const { key, offset } of recordsOf(bytes, at)) {
        if (++count % RECORDS_A_SLICE === 0) yield
        if (key === null || offset < firstDirtyOffset) continue
        if (this.#map.size >= this.#maxKeys) return true
        this.#map.put(key, offset)
      }
    }
    if (last >= firstDirtyOffset) this.#map.latestOffset = last
    return false
  }

  async #cleanTo(endOffset: number): Promise<CleaningResult> {
    const { firstUncleanableOffset } = this.range
    const { log } = this
    const { config, files } = log
    const segments = segmentsBetween(files.segments, 0, endOffset)
    let target: CleanedSegment | undefined
    const rules: CleaningRules = {
      map: this.#map,
      transactions: new CleanedTransactions((txn) => target!.addAbortedTxn(txn)),
      lastRecords: files.producers.lastRecords(),
      nowMs: this.context.clock.now(),
      deleteRetentionMs: config.deleteRetentionMs,
      endOffset: firstUncleanableOffset,
    }
    let bytesAfter = 0
    for (const group of groupSegments(segments, config, firstUncleanableOffset)) {
      this.#reading = group
      target = new CleanedSegment(this.context, log, group[0]!.baseOffset)
      try {
        for (const segment of group) await this.#cleanSegment(segment, target, rules)
        await target.finish(group)
        await this.#afterBytes(0)
      } catch (error) {
        target.discard()
        throw error
      }
      // Once that has begun, nothing may be removed any more, whatever happens.
      if (!log.replaceSegments(group, target.segment)) {
        target.discard()
        throw new CleaningAborted()
      }
      bytesAfter += target.segment.size
    }
    return { bytesBefore: segments.reduce((sum, { size }) => sum + size, 0), bytesAfter }
  }

  async #cleanSegment(
    segment: LogSegment,
    target: CleanedSegment,
    rules: CleaningRules,
  ): Promise<void> {
    const { segments } = this.log.files
    const index = segments.all.indexOf(segment)
    const upToOffset = segments.at(index + 1)?.baseOffset ?? segment.readNextOffset()
    rules.transactions.add(collectAbortedTxns(segments, index, segment.baseOffset, upToOffset))
    for await (const chunk of chunksOf(segment, 0, this.config.ioBufferBytes / 2)) {
      await this.#afterBytes(chunk.length)
      for (const at of batchesOf(chunk)) {
        // What is written anew gets another checksum, which would hide the damage.
        if (!isChecksumValid(chunk, at)) {
          throw new Error(`the batch up to offset ${lastOffset(chunk, at)} has a wrong checksum`)
        }
        const kept = await this.#drive(cleanBatch(chunk, at, rules))
        if (kept !== undefined) target.add(kept)
        await this.pace.afterRecords(recordsCount(chunk, at))
      }
      await this.#afterBytes(await target.write())
    }
  }

  /** Does the work of a batch, in turns if it is a large one. */
  async #drive<T>(work: Slices<T>): Promise<T> {
    for (;;) {
      const step = work.next()
      if (step.done === true) return step.value
      await this.pace.turn()
    }
  }

  async #afterBytes(bytes: number): Promise<void> {
    await this.pace.afterBytes(bytes)
    if (!this.#isUnchanged()) throw new CleaningAborted()
  }

  /** Retention, truncation or the topic's deletion may have changed what is being read. */
  #isUnchanged(): boolean {
    const { log } = this
    const { all } = log.files.segments
    if (log.offline || log.truncations !== this.#truncations) return false
    return this.#reading.every((segment) => all.includes(segment))
  }
}
