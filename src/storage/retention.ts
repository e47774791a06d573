import type { LogConfig } from './log-config.js'
import type { LoadedLog } from './log-loader.js'
import type { LogSegments } from './log-segments.js'
import type { LogSegment } from './segment.js'

export interface RetentionBounds {
  readonly config: LogConfig
  readonly logStartOffset: number
  readonly highWatermark: number
  readonly logEndOffset: number
}

/**
 * How many of the first segments may be deleted: those before log start, and where `cleanup.policy`
 * has `delete` those that are too old or more than `retention.bytes`. None at or after the high
 * watermark; an empty active segment stays.
 */
export function deletableSegments(
  segments: LogSegments,
  bounds: RetentionBounds,
  nowMs: number,
): number {
  const { config, logStartOffset } = bounds
  const rules: ((segment: LogSegment, next: LogSegment | undefined) => boolean)[] = [
    (_, next) => next !== undefined && next.baseOffset <= logStartOffset,
  ]
  if (config.delete && config.retentionBytes >= 0) {
    let excess = segments.size - config.retentionBytes
    rules.push((segment) => {
      if (excess < segment.size) return false
      excess -= segment.size
      return true
    })
  }
  if (config.delete && config.retentionMs >= 0) {
    rules.push((segment) => nowMs - segment.largestTimestamp > config.retentionMs)
  }
  return Math.max(...rules.map((rule) => countFirst(segments, bounds, rule)))
}

/**
 * Takes the first segments out of the log. Their files are only marked: readers may still be at them.
 *
 * @throws DiskError
 */
export function removeFirstSegments(
  { segments, snapshots }: LoadedLog,
  count: number,
): LogSegment[] {
  const removed = segments.removeFirst(count)
  for (const segment of removed) {
    segment.markDeleted()
    snapshots.remove(segment.baseOffset)
  }
  return removed
}

function countFirst(
  segments: LogSegments,
  { highWatermark, logEndOffset }: RetentionBounds,
  rule: (segment: LogSegment, next: LogSegment | undefined) => boolean,
): number {
  let count = 0
  for (const segment of segments.all) {
    const next = segments.at(count + 1)
    const isEmptyActive = next === undefined && segment.size === 0
    const endOffset = next?.baseOffset ?? logEndOffset
    if (isEmptyActive || highWatermark < endOffset || !rule(segment, next)) break
    count++
  }
  return count
}
