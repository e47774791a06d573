import { ErrorCode, KafkaError } from '../protocol/errors.js'
import {
  baseOffset,
  batchSize,
  lastOffset,
  lastOffsetDelta,
  maxTimestamp,
  NO_TIMESTAMP,
  nextBatch,
  partitionLeaderEpoch,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '../protocol/records/batch.js'

/** What there is to know of batches before they are appended. */
export interface BatchAnalysis {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly maxTimestamp: number
  /** Bytes of the whole batches; a follower's may be followed by a part of one. */
  readonly bytes: number
}

/**
 * Gives the batches offsets from `firstOffset` on, and the epoch, in place.
 *
 * @throws KafkaError CORRUPT_MESSAGE, MESSAGE_TOO_LARGE
 */
export function assignOffsets(
  batches: Buffer,
  firstOffset: number,
  leaderEpoch: number,
  maxBatchBytes: number,
): BatchAnalysis {
  let offset = firstOffset
  let youngest = NO_TIMESTAMP
  let at = 0
  while (at < batches.length) {
    const next = nextBatch(batches, at)
    if (next === -1) {
      throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, 'the records end within a batch')
    }
    if (next - at > maxBatchBytes) throw tooLarge(next - at, maxBatchBytes)
    setBaseOffset(batches, at, offset)
    setPartitionLeaderEpoch(batches, at, leaderEpoch)
    offset += lastOffsetDelta(batches, at) + 1
    const timestamp = maxTimestamp(batches, at)
    if (timestamp > youngest) youngest = timestamp
    at = next
  }
  if (at === 0) throw new KafkaError(ErrorCode.INVALID_RECORD, 'there are no records to append')
  return { firstOffset, lastOffset: offset - 1, maxTimestamp: youngest, bytes: at }
}

/**
 * Looks at batches as a leader has numbered them.
 *
 * @throws KafkaError OFFSET_OUT_OF_RANGE when they don't follow `endOffset` or one another;
 *   CORRUPT_MESSAGE when there isn't one whole batch
 */
export function analyzeReplicated(batches: Buffer, endOffset: number): BatchAnalysis {
  let youngest = NO_TIMESTAMP
  let last = endOffset - 1
  let at = 0
  for (let next = nextBatch(batches, at); next !== -1; next = nextBatch(batches, at)) {
    const first = baseOffset(batches, at)
    if (first <= last) {
      throw new KafkaError(
        ErrorCode.OFFSET_OUT_OF_RANGE,
        `a batch at offset ${first} can't follow offset ${last}`,
      )
    }
    last = lastOffset(batches, at)
    const timestamp = maxTimestamp(batches, at)
    if (timestamp > youngest) youngest = timestamp
    at = next
  }
  if (at === 0) throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, 'there is no whole batch')
  return {
    firstOffset: baseOffset(batches, 0),
    lastOffset: last,
    maxTimestamp: youngest,
    bytes: at,
  }
}

/** Calls `visit` with the epoch and first offset of each batch whose epoch differs from the last. */
export function forEachEpoch(
  batches: Buffer,
  latestEpoch: number,
  visit: (epoch: number, firstOffset: number) => void,
): void {
  let latest = latestEpoch
  for (let at = 0; at < batches.length; at += batchSize(batches, at)) {
    const epoch = partitionLeaderEpoch(batches, at)
    if (epoch > latest) {
      visit(epoch, baseOffset(batches, at))
      latest = epoch
    }
  }
}

function tooLarge(bytes: number, maxBytes: number): KafkaError {
  return new KafkaError(
    ErrorCode.MESSAGE_TOO_LARGE,
    `a batch of ${bytes} bytes is more than max.message.bytes allows (${maxBytes})`,
  )
}
