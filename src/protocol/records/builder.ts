import {
  attributesOf,
  CompressionType,
  HEADER_SIZE,
  NO_PARTITION_LEADER_EPOCH,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  NO_TIMESTAMP,
  TimestampType,
  writeHeader,
} from './batch.js'
import { compress } from './compression.js'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.js'

/** What a record of a batch to be built holds. */
export interface RecordInput {
  readonly key?: Buffer | null
  readonly value?: Buffer | null
  readonly headers?: readonly { readonly key: string; readonly value: Buffer | null }[]
  /** Milliseconds since the Unix epoch; the batch's `timestamp` if left out. */
  readonly timestamp?: number
  /** Its place in the batch if left out; larger where compaction left gaps. */
  readonly offsetDelta?: number
}

export interface BatchInput {
  readonly baseOffset?: number
  readonly records: readonly RecordInput[]
  /** Of the records that have none of their own; -1 if left out. */
  readonly timestamp?: number
  readonly timestampType?: TimestampType
  readonly compression?: CompressionType
  /** Of the codec; its default if left out. */
  readonly compressionLevel?: number
  readonly partitionLeaderEpoch?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly transactional?: boolean
  readonly control?: boolean
  /** Larger than the last record's where compaction removed what followed it. */
  readonly lastOffsetDelta?: number
  /** When tombstones and markers in it may be compacted away; none if left out (KIP-534). */
  readonly deleteHorizonMs?: number
}

interface SizedRecord {
  readonly input: RecordInput
  readonly timestampDelta: number
  readonly offsetDelta: number
  readonly bodySize: number
}

/** Bytes of one v2 batch, checksum included, that holds the records. */
export function buildBatch(input: BatchInput): Buffer {
  const timestamp = input.timestamp ?? NO_TIMESTAMP
  const timestampType = input.timestampType ?? TimestampType.CREATE_TIME
  let maxTimestamp = input.records[0]?.timestamp ?? timestamp
  const baseTimestamp = input.deleteHorizonMs ?? maxTimestamp
  let recordsSize = 0
  const sized = input.records.map((record, index): SizedRecord => {
    const recordTimestamp = record.timestamp ?? timestamp
    maxTimestamp = Math.max(maxTimestamp, recordTimestamp)
    const timestampDelta = recordTimestamp - baseTimestamp
    const offsetDelta = record.offsetDelta ?? index
    const bodySize = sizeOfBody(record, timestampDelta, offsetDelta)
    recordsSize += sizeOfVarint(bodySize) + bodySize
    return { input: record, timestampDelta, offsetDelta, bodySize }
  })
  const compression = input.compression ?? CompressionType.NONE
  const batch = assemble(sized, recordsSize, compression, input.compressionLevel)
  writeHeader(batch, 0, batch.length, {
    baseOffset: input.baseOffset ?? 0,
    partitionLeaderEpoch: input.partitionLeaderEpoch ?? NO_PARTITION_LEADER_EPOCH,
    attributes: attributesOf({
      compression,
      timestampType,
      transactional: input.transactional ?? false,
      control: input.control ?? false,
      deleteHorizon: input.deleteHorizonMs !== undefined,
    }),
    lastOffsetDelta: input.lastOffsetDelta ?? sized.at(-1)?.offsetDelta ?? 0,
    baseTimestamp,
    maxTimestamp: timestampType === TimestampType.LOG_APPEND_TIME ? timestamp : maxTimestamp,
    producerId: input.producerId ?? NO_PRODUCER_ID,
    producerEpoch: input.producerEpoch ?? NO_PRODUCER_EPOCH,
    baseSequence: input.baseSequence ?? NO_SEQUENCE,
    recordsCount: sized.length,
  })
  return batch
}

/** Bytes with room for a header in front of the records; the header is for the caller to write. */
function assemble(
  records: readonly SizedRecord[],
  recordsSize: number,
  compression: CompressionType,
  level: number | undefined,
): Buffer {
  if (compression === CompressionType.NONE) {
    const batch = Buffer.allocUnsafe(HEADER_SIZE + recordsSize)
    writeRecords(batch, HEADER_SIZE, records)
    return batch
  }
  const plain = Buffer.allocUnsafe(recordsSize)
  writeRecords(plain, 0, records)
  return withHeaderRoom(compress(compression, plain, level))
}

/** A copy of the bytes with room for a batch header in front. */
export function withHeaderRoom(records: Buffer): Buffer {
  const batch = Buffer.allocUnsafe(HEADER_SIZE + records.length)
  records.copy(batch, HEADER_SIZE)
  return batch
}

function sizeOfBody(record: RecordInput, timestampDelta: number, offsetDelta: number): number {
  const headers = record.headers ?? []
  let size = 1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(offsetDelta)
  size += sizeOfNullable(record.key) + sizeOfNullable(record.value) + sizeOfVarint(headers.length)
  for (const header of headers) {
    const keyLength = Buffer.byteLength(header.key)
    size += sizeOfVarint(keyLength) + keyLength + sizeOfNullable(header.value)
  }
  return size
}

function sizeOfNullable(bytes: Buffer | null | undefined): number {
  return bytes ? sizeOfVarint(bytes.length) + bytes.length : 1
}

function writeRecords(target: Buffer, start: number, records: readonly SizedRecord[]): void {
  let at = start
  for (const { input, timestampDelta, offsetDelta, bodySize } of records) {
    at = writeVarint(target, at, bodySize)
    target[at++] = 0
    at = writeVarlong(target, at, timestampDelta)
    at = writeVarint(target, at, offsetDelta)
    at = writeNullable(target, at, input.key)
    at = writeNullable(target, at, input.value)
    const headers = input.headers ?? []
    at = writeVarint(target, at, headers.length)
    for (const header of headers) {
      at = writeVarint(target, at, Buffer.byteLength(header.key))
      at += target.write(header.key, at)
      at = writeNullable(target, at, header.value)
    }
  }
}

function writeNullable(target: Buffer, at: number, bytes: Buffer | null | undefined): number {
  if (!bytes) return writeVarint(target, at, -1)
  const start = writeVarint(target, at, bytes.length)
  bytes.copy(target, start)
  return start + bytes.length
}
