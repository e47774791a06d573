import { crc32c } from './crc32c.js'
import { readInt64, writeInt64 } from './int64.js'

/**
 * A v2 record batch (KIP-98) as it lies in a buffer: functions over the buffer and the position of
 * the batch's first byte. Nothing is decoded or allocated. Only {@link nextBatch} checks bounds;
 * the others take for granted that {@link HEADER_SIZE} bytes are there.
 */

/** Bytes of baseOffset and batchLength, which stand before the length that they don't count. */
export const LOG_OVERHEAD = 12
/** Bytes before the first record. */
export const HEADER_SIZE = 61
export const MAGIC_V2 = 2

export const NO_PRODUCER_ID = -1
export const NO_PRODUCER_EPOCH = -1
export const NO_SEQUENCE = -1
export const NO_TIMESTAMP = -1
export const NO_PARTITION_LEADER_EPOCH = -1

/** The compression in a batch's attributes. */
export const CompressionType = { NONE: 0, GZIP: 1, SNAPPY: 2, LZ4: 3, ZSTD: 4 } as const
export type CompressionType = (typeof CompressionType)[keyof typeof CompressionType]

export const TimestampType = { CREATE_TIME: 0, LOG_APPEND_TIME: 1 } as const
export type TimestampType = (typeof TimestampType)[keyof typeof TimestampType]

const BATCH_LENGTH = 8
const PARTITION_LEADER_EPOCH = 12
const MAGIC = 16
const CRC = 17
const ATTRIBUTES = 21
const LAST_OFFSET_DELTA = 23
const BASE_TIMESTAMP = 27
const MAX_TIMESTAMP = 35
const PRODUCER_ID = 43
const PRODUCER_EPOCH = 51
const BASE_SEQUENCE = 53
const RECORDS_COUNT = 57

const COMPRESSION_MASK = 0x07
const TIMESTAMP_TYPE_MASK = 0x08
const TRANSACTIONAL_MASK = 0x10
const CONTROL_MASK = 0x20
const DELETE_HORIZON_MASK = 0x40

/** Offset of the batch's first record. */
export function baseOffset(buffer: Buffer, at: number): number {
  return readInt64(buffer, at)
}

/** Offset of the batch's last record. */
export function lastOffset(buffer: Buffer, at: number): number {
  return readInt64(buffer, at) + buffer.readInt32BE(at + LAST_OFFSET_DELTA)
}

/** Offset that follows the batch. */
export function nextOffset(buffer: Buffer, at: number): number {
  return lastOffset(buffer, at) + 1
}

/** Bytes of the whole batch, header included, as its length field says. */
export function batchSize(buffer: Buffer, at: number): number {
  return LOG_OVERHEAD + buffer.readInt32BE(at + BATCH_LENGTH)
}

export function partitionLeaderEpoch(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + PARTITION_LEADER_EPOCH)
}

/** The format's version: 2 for all that this module handles. Stands there in formats 0 and 1 too. */
export function magic(buffer: Buffer, at: number): number {
  return buffer.readInt8(at + MAGIC)
}

/** The checksum that the batch carries, unsigned. */
export function checksum(buffer: Buffer, at: number): number {
  return buffer.readUInt32BE(at + CRC)
}

/** The checksum that the batch should carry: over everything from the attributes on. */
export function computeChecksum(buffer: Buffer, at: number): number {
  return crc32c(buffer, at + ATTRIBUTES, at + batchSize(buffer, at))
}

export function isChecksumValid(buffer: Buffer, at: number): boolean {
  return checksum(buffer, at) === computeChecksum(buffer, at)
}

export function attributes(buffer: Buffer, at: number): number {
  return buffer.readInt16BE(at + ATTRIBUTES)
}

/** The number of a {@link CompressionType}; 5 to 7 stand for nothing. */
export function compressionType(buffer: Buffer, at: number): number {
  return attributes(buffer, at) & COMPRESSION_MASK
}

export function timestampType(buffer: Buffer, at: number): TimestampType {
  return (attributes(buffer, at) & TIMESTAMP_TYPE_MASK) === 0
    ? TimestampType.CREATE_TIME
    : TimestampType.LOG_APPEND_TIME
}

export function isTransactional(buffer: Buffer, at: number): boolean {
  return (attributes(buffer, at) & TRANSACTIONAL_MASK) !== 0
}

export function isControl(buffer: Buffer, at: number): boolean {
  return (attributes(buffer, at) & CONTROL_MASK) !== 0
}

/** When tombstones and markers in the batch may be compacted away (KIP-534). */
export function deleteHorizonMs(buffer: Buffer, at: number): number | undefined {
  return (attributes(buffer, at) & DELETE_HORIZON_MASK) === 0
    ? undefined
    : readInt64(buffer, at + BASE_TIMESTAMP)
}

export function lastOffsetDelta(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + LAST_OFFSET_DELTA)
}

/** What the records' timestamp deltas add to; of the first record, unless a delete horizon is set. */
export function baseTimestamp(buffer: Buffer, at: number): number {
  return readInt64(buffer, at + BASE_TIMESTAMP)
}

/** Largest timestamp of the records; for LOG_APPEND_TIME the timestamp of them all. */
export function maxTimestamp(buffer: Buffer, at: number): number {
  return readInt64(buffer, at + MAX_TIMESTAMP)
}

/** Like {@link maxTimestamp}, but -1 where compaction has left no record. */
export function maxRecordTime(buffer: Buffer, at: number): number {
  return recordsCount(buffer, at) === 0 ? NO_TIMESTAMP : maxTimestamp(buffer, at)
}

export function producerId(buffer: Buffer, at: number): number {
  return readInt64(buffer, at + PRODUCER_ID)
}

export function hasProducerId(buffer: Buffer, at: number): boolean {
  return producerId(buffer, at) > NO_PRODUCER_ID
}

export function producerEpoch(buffer: Buffer, at: number): number {
  return buffer.readInt16BE(at + PRODUCER_EPOCH)
}

export function baseSequence(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + BASE_SEQUENCE)
}

/** Sequence of the last record; they go on at 0 after 2^31 - 1. */
export function lastSequence(buffer: Buffer, at: number): number {
  const base = baseSequence(buffer, at)
  return base === NO_SEQUENCE
    ? NO_SEQUENCE
    : incrementSequence(base, buffer.readInt32BE(at + LAST_OFFSET_DELTA))
}

/** The sequence that comes `increment` after `sequence`. */
export function incrementSequence(sequence: number, increment: number): number {
  const sum = sequence + increment
  return sum > 0x7fffffff ? sum - 0x80000000 : sum
}

export function recordsCount(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + RECORDS_COUNT)
}

/** Sets the base offset, in place; the checksum doesn't cover it. */
export function setBaseOffset(buffer: Buffer, at: number, offset: number): void {
  writeInt64(buffer, at, offset)
}

/** Sets the base offset so that the last record has this one, in place, as Kafka's setLastOffset. */
export function setLastOffset(buffer: Buffer, at: number, offset: number): void {
  writeInt64(buffer, at, offset - buffer.readInt32BE(at + LAST_OFFSET_DELTA))
}

/** Sets the epoch, in place; the checksum doesn't cover it. */
export function setPartitionLeaderEpoch(buffer: Buffer, at: number, epoch: number): void {
  buffer.writeInt32BE(epoch, at + PARTITION_LEADER_EPOCH)
}

/** Sets type and largest timestamp in place, and the checksum anew if that changed anything. */
export function setMaxTimestamp(
  buffer: Buffer,
  at: number,
  type: TimestampType,
  timestamp: number,
): void {
  if (timestampType(buffer, at) === type && maxTimestamp(buffer, at) === timestamp) return
  const others = attributes(buffer, at) & ~TIMESTAMP_TYPE_MASK
  const flag = type === TimestampType.LOG_APPEND_TIME ? TIMESTAMP_TYPE_MASK : 0
  buffer.writeInt16BE(others | flag, at + ATTRIBUTES)
  writeInt64(buffer, at + MAX_TIMESTAMP, timestamp)
  updateChecksum(buffer, at)
}

/** Sets the checksum to what it should be. */
export function updateChecksum(buffer: Buffer, at: number): void {
  buffer.writeUInt32BE(computeChecksum(buffer, at), at + CRC)
}

/**
 * Position after the batch at `at`, or -1 when it isn't whole before `end`: bytes are missing, or its
 * length can't be one.
 */
export function nextBatch(buffer: Buffer, at: number, end = buffer.length): number {
  if (end - at < HEADER_SIZE) return -1
  const size = batchSize(buffer, at)
  return size < HEADER_SIZE || size > end - at ? -1 : at + size
}

/** Positions of the whole batches from `start` to `end`; what isn't whole at the end is left out. */
export function* batchesOf(buffer: Buffer, start = 0, end = buffer.length): Generator<number> {
  let at = start
  for (let next = nextBatch(buffer, at, end); next !== -1; next = nextBatch(buffer, at, end)) {
    yield at
    at = next
  }
}

/** What a batch's header holds, apart from its records. */
export interface BatchHeader {
  readonly baseOffset: number
  readonly partitionLeaderEpoch: number
  readonly attributes: number
  readonly lastOffsetDelta: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordsCount: number
}

/** Writes the header in front of the records of a batch of `size` bytes, with its checksum. */
export function writeHeader(buffer: Buffer, at: number, size: number, header: BatchHeader): void {
  writeInt64(buffer, at, header.baseOffset)
  buffer.writeInt32BE(size - LOG_OVERHEAD, at + BATCH_LENGTH)
  buffer.writeInt32BE(header.partitionLeaderEpoch, at + PARTITION_LEADER_EPOCH)
  buffer.writeInt8(MAGIC_V2, at + MAGIC)
  buffer.writeInt16BE(header.attributes, at + ATTRIBUTES)
  buffer.writeInt32BE(header.lastOffsetDelta, at + LAST_OFFSET_DELTA)
  writeInt64(buffer, at + BASE_TIMESTAMP, header.baseTimestamp)
  writeInt64(buffer, at + MAX_TIMESTAMP, header.maxTimestamp)
  writeInt64(buffer, at + PRODUCER_ID, header.producerId)
  buffer.writeInt16BE(header.producerEpoch, at + PRODUCER_EPOCH)
  buffer.writeInt32BE(header.baseSequence, at + BASE_SEQUENCE)
  buffer.writeInt32BE(header.recordsCount, at + RECORDS_COUNT)
  updateChecksum(buffer, at)
}

/** The attributes' bits. */
export function attributesOf(fields: {
  readonly compression: CompressionType
  readonly timestampType: TimestampType
  readonly transactional: boolean
  readonly control: boolean
  /** The base timestamp is a delete horizon (KIP-534). */
  readonly deleteHorizon?: boolean
}): number {
  return (
    fields.compression |
    (fields.timestampType === TimestampType.LOG_APPEND_TIME ? TIMESTAMP_TYPE_MASK : 0) |
    (fields.transactional ? TRANSACTIONAL_MASK : 0) |
    (fields.control ? CONTROL_MASK : 0) |
    (fields.deleteHorizon ? DELETE_HORIZON_MASK : 0)
  )
}
