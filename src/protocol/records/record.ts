import {
  baseOffset,
  baseSequence,
  baseTimestamp,
  batchSize,
  CompressionType,
  compressionType,
  HEADER_SIZE,
  incrementSequence,
  maxTimestamp,
  NO_SEQUENCE,
  recordsCount,
  TimestampType,
  timestampType,
} from './batch.js'
import { DEFAULT_MAX_DECOMPRESSED_BYTES, decompress } from './compression.js'
import { invalid } from './record-error.js'
import { VarintReader } from './varint.js'

export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

/** One record of a batch; its bytes are views of the batch, or of what it decompressed to. */
export interface LogRecord {
  readonly offset: number
  /** Milliseconds since the Unix epoch, -1 if none. */
  readonly timestamp: number
  /** -1 if the batch has no producer. */
  readonly sequence: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}

const NO_HEADERS: readonly RecordHeader[] = []

/**
 * The bytes of a batch's records: a view where they are not compressed.
 *
 * @throws KafkaError CORRUPT_MESSAGE where they can't be decompressed, or would come to more than
 *   `maxBytes`; UNSUPPORTED_COMPRESSION_TYPE for a type that doesn't exist
 */
export function recordBytes(
  buffer: Buffer,
  at: number,
  maxBytes = DEFAULT_MAX_DECOMPRESSED_BYTES,
): Buffer {
  const bytes = buffer.subarray(at + HEADER_SIZE, at + batchSize(buffer, at))
  const type = compressionType(buffer, at)
  return type === CompressionType.NONE ? bytes : decompress(type, bytes, maxBytes)
}

/**
 * Hands out the records of the batch at `at`, in order. A batch's checksum is not looked at, its
 * bounds are ({@link nextBatch} must have said that it is whole).
 *
 * @param maxBytes what compressed records may come to
 * @throws KafkaError CORRUPT_MESSAGE, INVALID_RECORD where the records aren't what the header says;
 *   those before the wrong one have been handed out
 */
export function forEachRecord(
  buffer: Buffer,
  at: number,
  visit: (record: LogRecord) => void,
  maxBytes?: number,
): void {
  for (const record of recordsOf(buffer, at, maxBytes)) visit(record)
}

/** The records of the batch at `at`, as {@link forEachRecord}. */
export function* recordsOf(
  buffer: Buffer,
  at: number,
  maxBytes?: number,
): Generator<LogRecord, void, undefined> {
  const count = recordsCount(buffer, at)
  if (count < 0) throw invalid(`a batch with a record count of ${count}`)
  const bytes = recordBytes(buffer, at, maxBytes)
  const reader = new VarintReader(bytes)
  reader.reset(bytes, 0, bytes.length)
  const firstOffset = baseOffset(buffer, at)
  const firstSequence = baseSequence(buffer, at)
  const firstTimestamp = baseTimestamp(buffer, at)
  const appendTime =
    timestampType(buffer, at) === TimestampType.LOG_APPEND_TIME
      ? maxTimestamp(buffer, at)
      : undefined
  for (let index = 0; index < count; index++) {
    const end = enterRecord(reader)
    const timestampDelta = reader.varlong()
    const offsetDelta = reader.varint()
    const key = nullableBytes(reader)
    const value = nullableBytes(reader)
    const headers = readHeaders(reader)
    leaveRecord(reader, end, bytes.length)
    yield {
      offset: firstOffset + offsetDelta,
      timestamp: appendTime ?? firstTimestamp + timestampDelta,
      sequence:
        firstSequence === NO_SEQUENCE ? NO_SEQUENCE : incrementSequence(firstSequence, offsetDelta),
      key,
      value,
      headers,
    }
  }
  if (reader.position !== bytes.length) {
    throw invalid(`${bytes.length - reader.position} bytes follow the last record of a batch`)
  }
}

/** Reads length and attributes of a record, and bounds the reader to it; returns its end. */
export function enterRecord(reader: VarintReader): number {
  const size = reader.varint()
  if (size < 0 || size > reader.end - reader.position) {
    throw invalid(`a record of ${size} bytes, where ${reader.end - reader.position} are left`)
  }
  const end = reader.position + size
  reader.end = end
  reader.int8()
  return end
}

/** Checks that a record was read to its end, and gives the reader its bound back. */
export function leaveRecord(reader: VarintReader, end: number, bound: number): void {
  if (reader.position !== end) {
    throw invalid(`a record whose parts end ${end - reader.position} bytes before it does`)
  }
  reader.end = bound
}

function nullableBytes(reader: VarintReader): Buffer | null {
  const length = reader.varint()
  return length < 0 ? null : reader.bytes(length)
}

function readHeaders(reader: VarintReader): readonly RecordHeader[] {
  const count = reader.varint()
  if (count === 0) return NO_HEADERS
  // A header takes two bytes at least; so a count can't make us reserve what isn't there.
  if (count < 0 || count > (reader.end - reader.position) / 2) {
    throw invalid(`a record with a header count of ${count}`)
  }
  const headers: RecordHeader[] = []
  for (let index = 0; index < count; index++) {
    const keyLength = reader.varint()
    if (keyLength < 0) throw invalid(`a header with a key of ${keyLength} bytes`)
    headers.push({ key: reader.bytes(keyLength).toString('utf8'), value: nullableBytes(reader) })
  }
  return headers
}
