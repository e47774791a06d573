import type { DiskEntry, DiskFile } from '../env/disk.js'
import {
  baseOffset,
  batchSize,
  HEADER_SIZE,
  isChecksumValid,
  LOG_OVERHEAD,
  lastOffset,
  MAGIC_V2,
  magic,
  partitionLeaderEpoch,
} from '../protocol/records/batch.js'
import { scanBatches } from './batch-scan.js'
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  fileName,
  INDEX_SUFFIX,
  LEADER_EPOCH_FILE,
  LOG_SUFFIX,
  offsetOfFile,
  RAFT_SNAPSHOT_DELETED_SUFFIX,
  SWAP_SUFFIX,
  TEMPORARY_SUFFIX,
  TIME_INDEX_SUFFIX,
  TXN_INDEX_SUFFIX,
} from './file-names.js'
import { LeaderEpochCache } from './leader-epoch-cache.js'
import type { LogConfig } from './log-config.js'
import type { LogContext } from './log-context.js'
import { LogSegments } from './log-segments.js'
import { ProducerSnapshots } from './producer-snapshots.js'
import { ProducerState } from './producer-state.js'
import { LogSegment } from './segment.js'
import type { Slices } from './slices.js'

/** Bytes of the smallest record of formats 0 and 1, without offset and size. */
const MIN_OLD_BATCH_BYTES = 14

export interface LogLoadOptions {
  readonly context: LogContext
  readonly directory: string
  readonly config: LogConfig
  /** From `log-start-offset-checkpoint`, 0 if it isn't there. */
  readonly logStartOffset: number
  /** From `recovery-point-offset-checkpoint`, 0 if it isn't there. */
  readonly recoveryPoint: number
  /** The files are as a clean stop left them. */
  readonly hadCleanShutdown: boolean
}

/** A log as its files have it. */
export interface LoadedLog {
  readonly segments: LogSegments
  readonly epochs: LeaderEpochCache
  readonly producers: ProducerState
  readonly snapshots: ProducerSnapshots
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly recoveryPoint: number
}

/** What a log with no files begins with: nothing at offset 0. */
export function emptyLog(context: LogContext, directory: string): LoadedLog {
  return {
    segments: new LogSegments(),
    epochs: new LeaderEpochCache(context.disk, `${directory}/${LEADER_EPOCH_FILE}`),
    producers: new ProducerState(context.producerStateConfig),
    snapshots: new ProducerSnapshots(context.disk, directory, []),
    logStartOffset: 0,
    logEndOffset: 0,
    recoveryPoint: 0,
  }
}

/**
 * Opens the files of a log (Kafka's `LogLoader`). After a clean stop no segment is read but the end
 * of the last. Otherwise those that reach beyond the recovery point are read through: indexes, epochs
 * and producer state are built anew, and the log is cut before the first batch that isn't whole and
 * sound.
 *
 * @throws DiskError
 */
export function* loadLog(options: LogLoadOptions): Slices<LoadedLog> {
  return yield* new LogLoader(options).load()
}

class LogLoader {
  readonly #segments = new LogSegments()
  readonly #epochs: LeaderEpochCache
  readonly #producers: ProducerState
  readonly #snapshots: ProducerSnapshots
  #logEndOffset = 0
  /** Recovery has brought the producers to the log's end. */
  #hasProducers = false

  constructor(private readonly options: LogLoadOptions) {
    const { context, directory } = options
    const names = this.#sweep(context.disk.list(directory) ?? [])
    for (const name of names.filter((name) => name.endsWith(LOG_SUFFIX)).sort()) {
      const base = offsetOfFile(name)
      const size = context.disk.stat(`${directory}/${name}`)?.size
      if (base === undefined || size === undefined) continue
      this.#segments.push(LogSegment.open(context, directory, base, size))
    }
    this.#epochs = new LeaderEpochCache(context.disk, `${directory}/${LEADER_EPOCH_FILE}`)
    this.#epochs.load()
    this.#producers = new ProducerState(context.producerStateConfig)
    this.#snapshots = new ProducerSnapshots(context.disk, directory, names)
  }

  *load(): Slices<LoadedLog> {
    const { context, directory, hadCleanShutdown } = this.options
    yield* this.#recoverFrom(this.#firstToRecover())
    this.#dropIfBeforeLogStart()
    const { logStartOffset: checkpointed } = this.options
    if (this.#segments.count === 0) {
      this.#segments.push(LogSegment.create(context, directory, checkpointed))
      this.#logEndOffset = checkpointed
    }
    this.#segments.active!.activate()
    const logStartOffset = Math.max(checkpointed, this.#segments.first!.baseOffset)
    this.#epochs.truncateFromEnd(this.#logEndOffset)
    this.#epochs.truncateFromStart(logStartOffset)
    this.#snapshots.removeAfter(this.#logEndOffset)
    this.#removeStraySnapshots()
    if (!this.#hasProducers) yield* this.#loadProducers(logStartOffset)
    return {
      segments: this.#segments,
      epochs: this.#epochs,
      producers: this.#producers,
      snapshots: this.#snapshots,
      logStartOffset,
      logEndOffset: this.#logEndOffset,
      recoveryPoint: hadCleanShutdown
        ? this.#logEndOffset
        : Math.min(this.options.recoveryPoint, this.#logEndOffset),
    }
  }

  /** Removes what was on its way out or not finished, and finishes swaps. @returns what is left */
  #sweep(entries: readonly DiskEntry[]): string[] {
    const { context, directory } = this.options
    const names: string[] = []
    for (const name of this.#removeHalfSwaps(entries)) {
      const isLeftover =
        (name.endsWith(DELETED_SUFFIX) && !name.endsWith(RAFT_SNAPSHOT_DELETED_SUFFIX)) ||
        name.endsWith(CLEANED_SUFFIX) ||
        name.endsWith(TEMPORARY_SUFFIX)
      if (isLeftover) context.disk.remove(`${directory}/${name}`)
      else names.push(name)
    }
    return this.#removeOrphans(finishSwaps(this.options, names))
  }

  /**
   * A swap that hasn't got as far as to call all its files `.swap` never began. These go before the
   * other ones, by which they are known. @returns the names of the other files
   */
  #removeHalfSwaps(entries: readonly DiskEntry[]): string[] {
    const { context, directory } = this.options
    const names = entries.filter(({ isDirectory }) => !isDirectory).map(({ name }) => name)
    const cleaned = names.filter((name) => name.endsWith(CLEANED_SUFFIX))
    const from = Math.min(...cleaned.map((name) => offsetOfFile(name) ?? Infinity))
    return names.filter((name) => {
      const isHalf = name.endsWith(SWAP_SUFFIX) && (offsetOfFile(name) ?? -1) >= from
      if (isHalf) context.disk.remove(`${directory}/${name}`)
      return !isHalf
    })
  }

  /** Indexes whose segment is gone, as a crash between the deletions of its files leaves them. */
  #removeOrphans(names: readonly string[]): string[] {
    const { context, directory } = this.options
    const logs = new Set(names.filter((name) => name.endsWith(LOG_SUFFIX)).map(offsetOfFile))
    return names.filter((name) => {
      const isOrphan = isSegmentFile(name) && !logs.has(offsetOfFile(name))
      if (isOrphan) context.disk.remove(`${directory}/${name}`)
      return !isOrphan
    })
  }

  /** Position in the list of the first segment that has to be read through; the count if none has. */
  #firstToRecover(): number {
    const { hadCleanShutdown, recoveryPoint } = this.options
    const { all, count } = this.#segments
    const floor = hadCleanShutdown ? count : Math.max(0, this.#segments.indexOf(recoveryPoint))
    // After a clean stop they are believed, as Kafka does: to read them all would take its time.
    const isUsable = (segment: LogSegment): boolean => {
      return hadCleanShutdown ? segment.hasIndexes : segment.hasSoundIndexes()
    }
    const damaged = all.findIndex((segment, i) => i < floor && !isUsable(segment))
    return damaged === -1 ? floor : damaged
  }

  *#recoverFrom(first: number): Slices<void> {
    const { context, directory } = this.options
    const last = this.#segments.count - 1
    for (const segment of this.#segments.all.slice(0, first)) segment.syncedSize = segment.size
    if (first > last) {
      this.#logEndOffset = this.#segments.active?.readNextOffset() ?? 0
      return
    }
    yield* this.#loadProducersBefore(this.#segments.at(first)!)
    for (let i = first; i <= last; i++) {
      const segment = this.#segments.at(i)!
      const isAfterGap = i > first && this.#isAfterGap(segment)
      const lost = isAfterGap ? segment.size : yield* this.#recover(segment)
      if (lost === 0 && !isAfterGap) continue
      context.logger.warn(
        { directory, segment: segment.baseOffset, bytes: lost, logEndOffset: this.#logEndOffset },
        isAfterGap
          ? 'the log was cut where the end of a segment is missing'
          : 'the log was cut before a batch that is not whole',
      )
      const cutFrom = isAfterGap ? segment.baseOffset : segment.baseOffset + 1
      this.#removeSegmentsFrom(cutFrom)
      return
    }
  }

  /**
   * Whether a crash took the end of the segment before this one, as of two files that weren't synced
   * it may: what follows the gap was never safe either. (Kafka lets the gap be.) Compaction leaves
   * such gaps, too, and they have to stay.
   */
  #isAfterGap({ baseOffset }: LogSegment): boolean {
    const { config, recoveryPoint } = this.options
    return !config.compact && baseOffset > recoveryPoint && baseOffset > this.#logEndOffset
  }

  /** @returns how many bytes were cut off */
  *#recover(segment: LogSegment): Slices<number> {
    const { config } = this.options
    const { file } = segment
    const length = segment.size
    refuseOldFormat(file)
    segment.resetIndexes()
    let next = segment.baseOffset
    const end = yield* scanBatches(file, 0, length, (bytes, at) => {
      const last = lastOffset(bytes, at)
      if (magic(bytes, at) !== MAGIC_V2 || last < next) return false
      if (!segment.offsetIndex.canHold(last) || !isChecksumValid(bytes, at)) return false
      segment.append(bytes, at, config)
      const completed = this.#producers.add(bytes, at)
      const aborted = completed && this.#producers.completeTxn(completed)
      if (aborted !== undefined) segment.addAbortedTxn(aborted)
      const epoch = partitionLeaderEpoch(bytes, at)
      if (epoch > (this.#epochs.latestEpoch ?? -1)) {
        this.#epochs.assign(epoch, baseOffset(bytes, at))
      }
      next = last + 1
      return true
    })
    segment.setSize(end)
    if (end < length) {
      file.truncate(end)
      // Even if nothing is left that has to be synced, what was cut off must not come back.
      segment.syncedSize = -1
    } else if (next <= this.options.recoveryPoint) segment.syncedSize = end
    if (segment !== this.#segments.active) segment.writeIndexes()
    this.#logEndOffset = next
    return length - end
  }

  // Segments may have been deleted by hand; the log then begins where it should, empty.
  #dropIfBeforeLogStart(): void {
    if (this.#segments.count === 0 || this.#logEndOffset >= this.options.logStartOffset) return
    this.#removeSegmentsFrom(0)
    this.#epochs.clear()
    this.#snapshots.removeAll()
    this.#hasProducers = false
  }

  /** They must not come back after the next crash, when the log has gone on without them. */
  #removeSegmentsFrom(offset: number): void {
    const { context, directory } = this.options
    for (const segment of this.#segments.removeFrom(offset)) segment.removeFiles()
    context.disk.syncDirectory(directory)
  }

  #removeStraySnapshots(): void {
    this.#snapshots.removeStray(new Set(this.#segments.all.map(({ baseOffset }) => baseOffset)))
  }

  /** Which transactions a segment's markers end depends on what came before it. */
  *#loadProducersBefore({ baseOffset }: LogSegment): Slices<void> {
    const { context, logStartOffset } = this.options
    this.#removeStraySnapshots()
    this.#snapshots.loadInto(this.#producers, logStartOffset, baseOffset, context.clock.now())
    yield* replayProducers(this.#producers, this.#segments, baseOffset)
    this.#hasProducers = true
  }

  *#loadProducers(logStartOffset: number): Slices<void> {
    const { context, hadCleanShutdown } = this.options
    const end = this.#logEndOffset
    // Kafka, too, takes it that a log cleanly closed without any snapshot has no producers.
    if (hadCleanShutdown && this.#snapshots.latest === undefined) {
      this.#producers.clear(end)
      return
    }
    this.#snapshots.loadInto(this.#producers, logStartOffset, end, context.clock.now())
    yield* replayProducers(this.#producers, this.#segments, end)
  }
}

/** Brings producer state from where it is up to `endOffset`, by the log's own batches. */
export function* replayProducers(
  producers: ProducerState,
  segments: LogSegments,
  endOffset: number,
): Slices<void> {
  const first = Math.max(0, segments.indexOf(producers.endOffset))
  for (const segment of segments.all.slice(first)) {
    if (producers.endOffset >= endOffset) break
    const from = segment.positionOf(producers.endOffset)
    yield* scanBatches(segment.file, from, segment.visibleSize, (bytes, at) => {
      if (lastOffset(bytes, at) >= endOffset) return false
      const completed = producers.add(bytes, at)
      if (completed !== undefined) producers.completeTxn(completed)
      return true
    })
  }
  producers.endOffset = endOffset
}

/**
 * A `.swap` file is a whole compacted segment about to take the place of those it was made of. What
 * it replaces goes, then it gets its name.
 */
function finishSwaps(options: LogLoadOptions, names: readonly string[]): string[] {
  const swaps = names.filter((name) => name.endsWith(SWAP_SUFFIX))
  if (swaps.length === 0) return [...names]
  const { context, directory } = options
  const { disk } = context
  const ranges = swaps
    .filter((name) => name.endsWith(LOG_SUFFIX + SWAP_SUFFIX))
    .map((name) => {
      const base = offsetOfFile(name)!
      const aside = `${directory}/${fileName(base, LOG_SUFFIX)}`
      const next = nextOffsetOf(context, `${aside}${SWAP_SUFFIX}`, base)
      return { base, end: Math.max(next, base + 1) }
    })
  const from = Math.min(...ranges.map(({ base }) => base))
  const to = Math.max(...ranges.map(({ end }) => end))
  const kept = names.filter((name) => {
    if (name.endsWith(SWAP_SUFFIX)) return false
    const offset = offsetOfFile(name)
    if (offset === undefined || offset < from || offset >= to || !isSegmentFile(name)) return true
    disk.remove(`${directory}/${name}`)
    return false
  })
  // As in the swap itself: first they are gone, then there is what takes their place.
  disk.syncDirectory(directory)
  for (const name of swaps) {
    const finalName = name.slice(0, -SWAP_SUFFIX.length)
    disk.rename(`${directory}/${name}`, `${directory}/${finalName}`)
    kept.push(finalName)
  }
  disk.syncDirectory(directory)
  return kept
}

// Formats 0 and 1 have another header: to cut them off as damaged would destroy them.
function refuseOldFormat(file: DiskFile): void {
  const header = Buffer.alloc(HEADER_SIZE)
  if (file.readSync(header, 0, HEADER_SIZE, 0) < LOG_OVERHEAD + MIN_OLD_BATCH_BYTES) return
  const size = batchSize(header, 0)
  if (size < LOG_OVERHEAD + MIN_OLD_BATCH_BYTES || size > file.length) return
  const format = magic(header, 0)
  if (format !== 0 && format !== 1) return
  // A write torn before its format, with zeros where the rest would be, is not an old one.
  if (header.subarray(LOG_OVERHEAD + 4).every((byte) => byte === 0)) return
  throw new Error(`${file.path} holds record batches of format ${format}; only 2 can be read`)
}

function isSegmentFile(name: string): boolean {
  const suffixes = [LOG_SUFFIX, INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX]
  return suffixes.some((suffix) => name.endsWith(suffix))
}

function nextOffsetOf(context: LogContext, path: string, baseOffset: number): number {
  const file = context.disk.open(path)
  let next = baseOffset
  for (const _ of scanBatches(file, 0, file.length, (bytes, at) => {
    next = lastOffset(bytes, at) + 1
    return true
  })) {
    // At once: the swap has to be finished before anything else of the log is looked at.
  }
  file.close()
  return next
}
