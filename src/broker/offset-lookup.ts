import { ErrorCode, KafkaError } from '../protocol/errors.js'
import type { Log, TimestampAndOffset } from '../storage/log.js'
import type { Partition } from './partition.js'

/** What the negative timestamps of a ListOffsets request stand for, and since which version. */
const SPECIAL = {
  LATEST: { timestamp: -1n, since: 1 },
  EARLIEST: { timestamp: -2n, since: 1 },
  /** KIP-734 */
  MAX_TIMESTAMP: { timestamp: -3n, since: 7 },
  /** KIP-405 */
  EARLIEST_LOCAL: { timestamp: -4n, since: 8 },
  /** KIP-1005 */
  LATEST_TIERED: { timestamp: -5n, since: 9 },
  /** KIP-1023 */
  EARLIEST_PENDING_UPLOAD: { timestamp: -6n, since: 11 },
} as const
type Special = keyof typeof SPECIAL

/** What is looked for: one of the special offsets, or a time in ms since the Unix epoch. */
export type OffsetLookup = Special | number

export const OffsetLookup = {
  /**
   * @param timestamp as in a request of version `apiVersion`
   * @throws KafkaError UNSUPPORTED_VERSION for a special one that the version doesn't have
   */
  of(timestamp: bigint, apiVersion: number): OffsetLookup {
    if (timestamp >= 0n) return Number(timestamp)
    for (const [name, special] of Object.entries(SPECIAL)) {
      if (special.timestamp === timestamp && apiVersion >= special.since) return name as Special
    }
    throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION)
  },
}

export interface FoundOffset {
  /** -1 for a special offset. */
  readonly timestamp: bigint
  /** -1 where there is nothing of the kind. */
  readonly offset: number
  /** -1 when unknown. */
  readonly leaderEpoch: number
}

export interface LookupOptions {
  /** -1 when the client doesn't know it. */
  readonly currentLeaderEpoch: number
  /** A consumer sees what is committed; whoever else, the whole log. */
  readonly isConsumer: boolean
  readonly readCommitted: boolean
}

const NO_TIMESTAMP = -1n
const UNKNOWN = -1

/**
 * Looks up an offset of a partition (Kafka's `Partition.fetchOffsetForTimestamp`).
 *
 * @returns undefined when no record is as late as that
 * @throws KafkaError as {@link Partition.leaderLog}; OFFSET_NOT_AVAILABLE shortly after an election
 */
export async function findOffset(
  partition: Partition,
  lookup: OffsetLookup,
  options: LookupOptions,
): Promise<FoundOffset | undefined> {
  const log = partition.leaderLog(options.currentLeaderEpoch)
  const isLagging = options.isConsumer && partition.isHighWatermarkLagging
  if (lookup === 'LATEST') {
    if (isLagging) throw new KafkaError(ErrorCode.OFFSET_NOT_AVAILABLE)
    return special(lastFetchable(log, options), partition.leaderEpoch)
  }
  if (lookup === 'EARLIEST' || lookup === 'EARLIEST_LOCAL') {
    return special(log.logStartOffset, log.epochForOffset(log.logStartOffset) ?? UNKNOWN)
  }
  // Nothing is ever tiered.
  if (lookup === 'LATEST_TIERED' || lookup === 'EARLIEST_PENDING_UPLOAD') {
    return special(UNKNOWN, UNKNOWN)
  }
  const found = await search(log, lookup)
  if (found === undefined) return undefined
  if (found.offset >= lastFetchable(log, options)) {
    if (isLagging) throw new KafkaError(ErrorCode.OFFSET_NOT_AVAILABLE)
    return undefined
  }
  const { timestamp, offset, leaderEpoch } = found
  return { timestamp: BigInt(timestamp), offset, leaderEpoch }
}

function special(offset: number, leaderEpoch: number): FoundOffset {
  return { timestamp: NO_TIMESTAMP, offset, leaderEpoch }
}

function lastFetchable(log: Log, { isConsumer, readCommitted }: LookupOptions): number {
  if (!isConsumer) return log.logEndOffset
  return readCommitted ? log.lastStableOffset : log.highWatermark
}

function search(
  log: Log,
  lookup: 'MAX_TIMESTAMP' | number,
): Promise<TimestampAndOffset | undefined> {
  return typeof lookup === 'number' ? log.offsetForTimestamp(lookup) : log.offsetForMaxTimestamp()
}
