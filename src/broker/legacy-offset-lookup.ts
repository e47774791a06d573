import type { Partition } from './partition.js'

const LATEST = -1n
const EARLIEST = -2n

export interface SegmentLookup {
  /** So many offsets at most. */
  readonly maxCount: number
  /** A consumer sees what is committed; whoever else, the whole log. */
  readonly isConsumer: boolean
  readonly nowMs: number
}

/**
 * Where segments begin that were last written to by `timestamp`, and the log's end, the last one first
 * (Kafka 3.9's `Partition.legacyFetchOffsetsForTimestamp`).
 *
 * @param timestamp in ms since the Unix epoch; -1 for the end, -2 for the beginning
 * @throws KafkaError NOT_LEADER_OR_FOLLOWER
 */
export function findSegmentOffsets(
  partition: Partition,
  timestamp: bigint,
  { maxCount, isConsumer, nowMs }: SegmentLookup,
): number[] {
  const log = partition.leaderLog()
  const starts = log.segmentStarts()
  if (starts.at(-1)?.offset !== log.logEndOffset) {
    starts.push({ offset: log.logEndOffset, modifiedMs: nowMs })
  }
  let last = starts.length - 1
  if (timestamp === EARLIEST) last = 0
  else if (timestamp !== LATEST) {
    while (last >= 0 && starts[last]!.modifiedMs > timestamp) last--
  }
  const count = Math.max(0, Math.min(maxCount, last + 1))
  const offsets = starts.slice(last + 1 - count, last + 1).map(({ offset }) => offset)
  offsets.sort((a, b) => b - a)
  const { highWatermark } = log
  if (!isConsumer || !offsets.some((offset) => offset > highWatermark)) return offsets
  return [highWatermark, ...offsets.filter((offset) => offset <= highWatermark)]
}
