import {
  attributesOf,
  baseOffset,
  baseSequence,
  batchSize,
  CompressionType,
  compressionType,
  deleteHorizonMs,
  HEADER_SIZE,
  hasProducerId,
  isControl,
  isTransactional,
  lastOffset,
  lastOffsetDelta,
  maxTimestamp,
  NO_TIMESTAMP,
  partitionLeaderEpoch,
  producerEpoch,
  producerId,
  recordsCount,
  timestampType,
  writeHeader,
} from '../../protocol/records/batch.js'
import { buildBatch } from '../../protocol/records/builder.js'
import { type LogRecord, recordsOf } from '../../protocol/records/record.js'
import type { LastRecord } from '../producer-state.js'
import type { Slices } from '../slices.js'
import type { CleanedTransactions } from './cleaned-transactions.js'
import { RECORDS_A_SLICE } from './cleaner-pace.js'
import type { OffsetMap } from './offset-map.js'

/** What decides of a batch. */
export interface CleaningRules {
  readonly map: OffsetMap
  readonly transactions: CleanedTransactions
  /** By producer id; of the producers that the log knows. */
  readonly lastRecords: ReadonlyMap<number, LastRecord>
  /** When the cleaning began. */
  readonly nowMs: number
  /** `delete.retention.ms` */
  readonly deleteRetentionMs: number
  /** The cleaning ends before this offset. */
  readonly endOffset: number
}

/**
 * What is to stay of a batch (Kafka's `MemoryRecords.filterTo` with the cleaner's filter). Offsets and
 * sequences stay as they are. The batch that has a producer's last record or is the last one of the
 * cleaning stays even if it is empty by then, for its sequence or its offset.
 *
 * A tombstone, or a marker of which nothing is left, is to stay for `delete.retention.ms` from the
 * first cleaning that finds it: until then the batch has its delete horizon in its header (KIP-534).
 *
 * @returns undefined for nothing, a view for the batch as it is, otherwise another batch
 * @throws KafkaError CORRUPT_MESSAGE, INVALID_RECORD
 */
export function* cleanBatch(
  bytes: Buffer,
  at: number,
  rules: CleaningRules,
): Slices<Buffer | undefined> {
  const { transactions, nowMs } = rules
  const isMarker = isControl(bytes, at)
  const canDiscard = isMarker
    ? transactions.onControlBatch(bytes, at)
    : transactions.onBatch(bytes, at)
  const horizonMs = deleteHorizonMs(bytes, at)
  const isPastHorizon = horizonMs !== undefined && horizonMs <= nowMs
  const discards = canDiscard && (!isMarker || isPastHorizon)
  const staysEmpty = isLastOfProducer(bytes, at, rules) || isLastOfCleaning(bytes, at, rules)
  if (discards && !staysEmpty) return undefined
  const kept = discards ? [] : yield* keptRecords(bytes, at, rules)
  if (kept.length === 0) return staysEmpty ? emptied(bytes, at) : undefined
  const waitsForHorizon = (isMarker && canDiscard) || kept.some(({ value }) => value === null)
  const newHorizonMs = waitsForHorizon
    ? Math.min(nowMs + rules.deleteRetentionMs, Number.MAX_SAFE_INTEGER)
    : undefined
  const isUnchanged = kept.length === recordsCount(bytes, at)
  if (isUnchanged && (horizonMs !== undefined || newHorizonMs === undefined)) {
    return bytes.subarray(at, at + batchSize(bytes, at))
  }
  return rebuilt(bytes, at, kept, horizonMs ?? newHorizonMs)
}

function isLastOfProducer(bytes: Buffer, at: number, { lastRecords }: CleaningRules): boolean {
  if (!hasProducerId(bytes, at)) return false
  const last = lastRecords.get(producerId(bytes, at))
  if (last === undefined) return false
  if (last.lastDataOffset !== undefined) return lastOffset(bytes, at) === last.lastDataOffset
  // What came last is a marker, whose epoch keeps older producers away.
  return isControl(bytes, at) && producerEpoch(bytes, at) === last.producerEpoch
}

function isLastOfCleaning(bytes: Buffer, at: number, { endOffset }: CleaningRules): boolean {
  return lastOffset(bytes, at) + 1 === endOffset
}

function* keptRecords(bytes: Buffer, at: number, rules: CleaningRules): Slices<LogRecord[]> {
  const { map, nowMs } = rules
  const isMarker = isControl(bytes, at)
  const horizonMs = deleteHorizonMs(bytes, at)
  const keepsTombstones = horizonMs === undefined || nowMs < horizonMs
  const kept: LogRecord[] = []
  let count = 0
  for (const record of recordsOf(bytes, at)) {
    if (++count % RECORDS_A_SLICE === 0) yield
    const { key, value, offset } = record
    if (isMarker || offset > map.latestOffset) kept.push(record)
    else if (key !== null && offset >= map.get(key) && (value !== null || keepsTombstones)) {
      kept.push(record)
    }
  }
  return kept
}

function rebuilt(
  bytes: Buffer,
  at: number,
  kept: readonly LogRecord[],
  horizonMs: number | undefined,
): Buffer {
  const first = baseOffset(bytes, at)
  return buildBatch({
    baseOffset: first,
    records: kept.map(({ key, value, headers, timestamp, offset }) => {
      return { key, value, headers, timestamp, offsetDelta: offset - first }
    }),
    timestamp: maxTimestamp(bytes, at),
    timestampType: timestampType(bytes, at),
    compression: compressionType(bytes, at) as CompressionType,
    partitionLeaderEpoch: partitionLeaderEpoch(bytes, at),
    producerId: producerId(bytes, at),
    producerEpoch: producerEpoch(bytes, at),
    baseSequence: baseSequence(bytes, at),
    transactional: isTransactional(bytes, at),
    control: isControl(bytes, at),
    lastOffsetDelta: lastOffsetDelta(bytes, at),
    ...(horizonMs === undefined ? {} : { deleteHorizonMs: horizonMs }),
  })
}

/** The batch's header over no records. */
function emptied(bytes: Buffer, at: number): Buffer {
  const batch = Buffer.allocUnsafe(HEADER_SIZE)
  writeHeader(batch, 0, HEADER_SIZE, {
    baseOffset: baseOffset(bytes, at),
    partitionLeaderEpoch: partitionLeaderEpoch(bytes, at),
    attributes: attributesOf({
      compression: CompressionType.NONE,
      timestampType: timestampType(bytes, at),
      transactional: isTransactional(bytes, at),
      control: isControl(bytes, at),
    }),
    lastOffsetDelta: lastOffsetDelta(bytes, at),
    baseTimestamp: NO_TIMESTAMP,
    maxTimestamp: maxTimestamp(bytes, at),
    producerId: producerId(bytes, at),
    producerEpoch: producerEpoch(bytes, at),
    baseSequence: baseSequence(bytes, at),
    recordsCount: 0,
  })
  return batch
}
