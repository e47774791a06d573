import { lastOffset, maxTimestamp, partitionLeaderEpoch } from '../protocol/records/batch.js'
import { recordsOf } from '../protocol/records/record.js'
import { scanBatches } from './batch-scan.js'
import type { TimestampAndOffset } from './log.js'
import type { LogSegments } from './log-segments.js'
import type { Slices } from './slices.js'

/**
 * The earliest record from `logStart` on with a timestamp of at least `timestamp`
 * (`LogSegment.findOffsetByTimestamp`).
 */
export function* findByTimestamp(
  segments: LogSegments,
  timestamp: number,
  logStart: number,
): Slices<TimestampAndOffset | undefined> {
  for (const segment of [...segments.all]) {
    if (segment.largestTimestamp < timestamp) continue
    const indexed = segment.timeIndex.lookup(timestamp)
    const from = segment.offsetIndex.lookup(Math.max(indexed.offset, logStart)).position
    let found: TimestampAndOffset | undefined
    yield* scanBatches(segment.file, from, segment.visibleSize, (bytes, at) => {
      if (maxTimestamp(bytes, at) < timestamp || lastOffset(bytes, at) < logStart) return true
      for (const record of recordsOf(bytes, at)) {
        if (record.timestamp < timestamp || record.offset < logStart) continue
        found = {
          timestamp: record.timestamp,
          offset: record.offset,
          leaderEpoch: partitionLeaderEpoch(bytes, at),
        }
        return false
      }
      return true
    })
    if (found !== undefined) return found
  }
  return undefined
}

/** The first record with the largest timestamp of all (KIP-734). */
export function* findMaxTimestamp(segments: LogSegments): Slices<TimestampAndOffset | undefined> {
  let youngest = segments.first
  for (const segment of segments.all) {
    if (segment.max.timestamp > youngest!.max.timestamp) youngest = segment
  }
  if (youngest === undefined) return undefined
  const { timestamp, offset } = youngest.max
  let found: TimestampAndOffset | undefined
  const from = youngest.positionOf(offset)
  yield* scanBatches(youngest.file, from, youngest.visibleSize, (bytes, at) => {
    for (const record of recordsOf(bytes, at)) {
      if (record.timestamp !== timestamp) continue
      const leaderEpoch = partitionLeaderEpoch(bytes, at)
      found = { timestamp, offset: record.offset, leaderEpoch }
      break
    }
    return false
  })
  return found
}
