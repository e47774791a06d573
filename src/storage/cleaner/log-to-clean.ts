import type { LogConfig } from '../log-config.js'
import type { LogSegments } from '../log-segments.js'
import type { LogSegment } from '../segment.js'

/** What of a log there is to decide by. */
export interface CleanableLog {
  readonly config: LogConfig
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly lastStableOffset: number
  readonly files: { readonly segments: LogSegments }
  /** Up to here it has been cleaned; undefined for never. */
  readonly cleanedTo: number | undefined
}

/** What of a log may be cleaned now. */
export interface CleanableRange {
  /** The first offset that was never cleaned. */
  readonly firstDirtyOffset: number
  /** Where a segment begins that has to stay as it is. */
  readonly firstUncleanableOffset: number
  /** Bytes of the segments in between. */
  readonly cleanableBytes: number
  /** Its part of all that is before the uncleanable; 0 where there is nothing. */
  readonly cleanableRatio: number
  /** The oldest of it is older than `max.compaction.lag.ms` allows. */
  readonly mustCompactNow: boolean
}

/**
 * What may be cleaned (Kafka's `LogCleanerManager.cleanableOffsets`): whole segments before the active
 * one, the last stable offset and what is younger than `min.compaction.lag.ms`.
 */
export function cleanableRange(log: CleanableLog, nowMs: number): CleanableRange {
  const { segments } = log.files
  const firstDirtyOffset = firstDirty(log)
  const firstUncleanableOffset = firstUncleanable(log, firstDirtyOffset, nowMs)
  const cleanableBytes = bytesOf(
    segmentsBetween(segments, firstDirtyOffset, firstUncleanableOffset),
  )
  const cleanBytes = bytesOf(segments.all.filter(({ baseOffset }) => baseOffset < firstDirtyOffset))
  const totalBytes = cleanBytes + cleanableBytes
  return {
    firstDirtyOffset,
    firstUncleanableOffset,
    cleanableBytes,
    cleanableRatio: totalBytes === 0 ? 0 : cleanableBytes / totalBytes,
    mustCompactNow: isOverdue(log, firstDirtyOffset, nowMs),
  }
}

/** Whether there is enough to clean for it to be done now. */
export function isWorthCleaning(range: CleanableRange, config: LogConfig): boolean {
  if (range.cleanableBytes === 0) return false
  return range.mustCompactNow || range.cleanableRatio > config.minCleanableDirtyRatio
}

/** The segments with something from `from` on and before `to`; the one that holds `from` included. */
export function segmentsBetween(segments: LogSegments, from: number, to: number): LogSegment[] {
  if (from >= to) return []
  const first = Math.max(0, segments.indexOf(from))
  return segments.all.slice(first).filter(({ baseOffset }) => baseOffset < to)
}

/** Deletion may have moved the log's start on, and a crash its end back. */
function firstDirty({ cleanedTo, logStartOffset, logEndOffset }: CleanableLog): number {
  if (cleanedTo === undefined || cleanedTo < logStartOffset || cleanedTo > logEndOffset) {
    return logStartOffset
  }
  return cleanedTo
}

function firstUncleanable(log: CleanableLog, firstDirtyOffset: number, nowMs: number): number {
  const { lastStableOffset, config, files } = log
  const { all } = files.segments
  const { minCompactionLagMs } = config
  const index = all.findIndex((segment, i) => {
    const next = all[i + 1]
    // Nothing of what has just been rolled may be missing on the disk.
    if (next === undefined || !segment.isSealed || next.baseOffset > lastStableOffset) return true
    if (next.baseOffset <= firstDirtyOffset || minCompactionLagMs <= 0) return false
    return segment.largestTimestamp > nowMs - minCompactionLagMs
  })
  return all[index]?.baseOffset ?? firstDirtyOffset
}

function isOverdue({ config, files }: CleanableLog, firstDirtyOffset: number, nowMs: number) {
  const cleanUntilMs = nowMs - Math.max(0, config.maxCompactionLagMs)
  if (cleanUntilMs <= 0) return false
  const { segments } = files
  const activeOffset = segments.active?.baseOffset ?? 0
  return segmentsBetween(segments, firstDirtyOffset, activeOffset).some(({ firstTimestamp }) => {
    return firstTimestamp > 0 && firstTimestamp < cleanUntilMs
  })
}

function bytesOf(segments: readonly LogSegment[]): number {
  return segments.reduce((bytes, { size }) => bytes + size, 0)
}
