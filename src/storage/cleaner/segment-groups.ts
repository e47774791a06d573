import type { LogConfig } from '../log-config.js'
import type { LogSegment } from '../segment.js'

/** Between the first and the last offset of a segment there are at most so many. */
const MAX_OFFSET_RANGE = 0x7fffffff

/**
 * Segments to be cleaned into one, so that they don't become ever smaller (Kafka's
 * `groupSegmentsBySize`): together they would fit into a segment as they are.
 *
 * @param endOffset the last segment ends before this
 */
export function groupSegments(
  segments: readonly LogSegment[],
  config: LogConfig,
  endOffset: number,
): LogSegment[][] {
  const groups: LogSegment[][] = []
  let bytes = 0
  let offsetIndexBytes = 0
  let timeIndexBytes = 0
  for (const [i, segment] of segments.entries()) {
    const group = groups.at(-1)
    const nextOffset = segments[i + 1]?.baseOffset ?? endOffset
    const offsets = segment.offsetIndex.toBuffer().length
    const times = segment.timeIndex.toBuffer().length
    const fits =
      group !== undefined &&
      bytes + segment.size <= config.segmentBytes &&
      offsetIndexBytes + offsets <= config.segmentIndexBytes &&
      timeIndexBytes + times <= config.segmentIndexBytes &&
      (segment.size === 0 || nextOffset - 1 - group[0]!.baseOffset <= MAX_OFFSET_RANGE)
    if (fits) group.push(segment)
    else {
      groups.push([segment])
      bytes = 0
      offsetIndexBytes = 0
      timeIndexBytes = 0
    }
    bytes += segment.size
    offsetIndexBytes += offsets
    timeIndexBytes += times
  }
  return groups
}
